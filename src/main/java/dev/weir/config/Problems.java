package dev.weir.config;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.List;

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

    /** The places of this file's sections. */
    ConfigPlaces places(IdentityHashMap<Object, Binder.Places> places) {
        return new ConfigPlaces(file, places);
    }

    /** The outcome. What a warning warns of may come from an error, so with errors there are no warnings. */
    ConfigResult result(WeirConfig config, ConfigPlaces places) {
        warnings.sort(IN_FILE_ORDER);
        return errors.isEmpty() ? new ConfigResult.Sound(config, warnings, places) : faulty();
    }

    /** All errors up to now, in the order of the text. */
    List<ConfigProblem> errors() {
        errors.sort(IN_FILE_ORDER);
        return List.copyOf(errors);
    }

    /** The outcome when there is nothing to make a configuration of, which has been said. */
    ConfigResult faulty() {
        return new ConfigResult.Faulty(errors());
    }
}
