package dev.weir.config;

import java.util.List;

/** What came of reading a configuration. */
public sealed interface ConfigResult {
    /** What is worth a warning, in the order of the file. */
    List<ConfigProblem> warnings();

    /** It is sound. */
    record Sound(WeirConfig config, List<ConfigProblem> warnings) implements ConfigResult {
        public Sound {
            warnings = List.copyOf(warnings);
        }
    }

    /** It cannot be used: every problem at once, in the order of the file. */
    record Faulty(List<ConfigProblem> problems, List<ConfigProblem> warnings) implements ConfigResult {
        public Faulty {
            problems = List.copyOf(problems);
            warnings = List.copyOf(warnings);
        }
    }
}
