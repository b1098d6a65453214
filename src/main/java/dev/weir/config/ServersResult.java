package dev.weir.config;

import dev.weir.config.PoolConfig.ServerConfig;
import java.util.List;

/** What came of reading a list of servers. */
public sealed interface ServersResult {
    /** A sound list, perhaps empty, in the order of the text. */
    record Sound(List<ServerConfig> servers) implements ServersResult {
        public Sound {
            servers = List.copyOf(servers);
        }
    }

    /** It cannot be used: every problem at once, in the order of the text. */
    record Faulty(List<ConfigProblem> problems) implements ServersResult {
        public Faulty {
            problems = List.copyOf(problems);
        }

        /** The first problem in a sentence, and how many there are when it is not the only one. */
        public String message() {
            int more = problems.size() - 1;
            return problems.getFirst().message() + (more == 0 ? "" : " (and " + more + " more)");
        }
    }
}
