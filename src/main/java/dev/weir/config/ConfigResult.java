package dev.weir.config;

import java.util.List;

/** What came of reading a configuration. */
public sealed interface ConfigResult {
    /** It is sound, though perhaps with something worth a warning, in the order of the file. */
    record Sound(WeirConfig config, List<ConfigProblem> warnings, ConfigPlaces places) implements ConfigResult {
        public Sound {
            warnings = List.copyOf(warnings);
        }
    }

    /** It cannot be used: every problem at once, in the order of the file. */
    record Faulty(List<ConfigProblem> problems) implements ConfigResult {
        public Faulty {
            problems = List.copyOf(problems);
        }
    }
}
