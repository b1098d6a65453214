package dev.weir.config;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Collects what is wrong with one file. For one thread. */
final class Problems {
    /** What a person will not read to the end anyway; it bounds the memory that a hostile file can take. */
    private static final int MOST = 1000;

    private static final Comparator<ConfigProblem> IN_FILE_ORDER =
            Comparator.comparingInt(ConfigProblem::line).thenComparingInt(ConfigProblem::column);

    private final String file;
    private final List<ConfigProblem> errors = new ArrayList<>();
    private final List<ConfigProblem> warnings = new ArrayList<>();

    Problems(String file) {
        this.file = file;
    }

    /** A problem with the file as a whole. */
    void file(String found) {
        error(new Place("", 0, 0), found, "", "");
    }

    void error(Place place, String found, String expected, String hint) {
        add(errors, place, found, expected, hint);
    }

    void warning(Place place, String found, String hint) {
        add(warnings, place, found, "", hint);
    }

    private void add(List<ConfigProblem> list, Place place, String found, String expected, String hint) {
        if (list.size() < MOST) {
            list.add(new ConfigProblem(file, place.line(), place.column(), place.path(), found, expected, hint));
        }
    }

    /** The outcome. What a warning warns of may come from an error, so with errors there are no warnings. */
    ConfigResult result(@Nullable WeirConfig config) {
        errors.sort(IN_FILE_ORDER);
        warnings.sort(IN_FILE_ORDER);
        return errors.isEmpty() && config != null
                ? new ConfigResult.Sound(config, warnings)
                : new ConfigResult.Faulty(errors);
    }
}
