package dev.weir.config;

import java.util.IdentityHashMap;
import java.util.Map;

/** Where the sections of one configuration stand in their file, for problems that only others can find. For one thread. */
public final class ConfigPlaces {
    private static final Binder.Places NOWHERE = new Binder.Places(new Place("", 0, 0), Map.of());

    private final String file;
    private final IdentityHashMap<Object, Binder.Places> places;

    ConfigPlaces(String file, IdentityHashMap<Object, Binder.Places> places) {
        this.file = file;
        this.places = places;
    }

    /**
     * A problem with the value of a key.
     *
     * @param section the very record that was read, not an equal one
     * @param key as in the file; where it was not written, the section's place is told
     */
    public ConfigProblem problem(Record section, String key, String found, String hint) {
        Place place = of(section, key);
        return new ConfigProblem(file, place.line(), place.column(), place.path(), found, "", hint);
    }

    Place of(Object section) {
        return places(section).own();
    }

    Place of(Object section, String key) {
        return places(section).of(key);
    }

    boolean isWritten(Object section, String key) {
        return places(section).keys().containsKey(key);
    }

    private Binder.Places places(Object section) {
        return places.getOrDefault(section, NOWHERE);
    }
}
