package dev.weir.admin;

import dev.weir.control.Refused;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One thing that can be asked.
 *
 * @param template a path in which {@code {name}} stands for one segment
 */
record Endpoint(String method, String template, Action action) {
    /** Answers a request whose path is the template with these values of its names, in their order. */
    @FunctionalInterface
    interface Action {
        AdminResponse answer(AdminRequest request, List<String> names) throws Refused, Body.Unusable, IOException;
    }

    /** The values of the template's names in this path; null when it is another path. */
    @Nullable List<String> match(List<String> segments) {
        String[] parts = template.substring(1).split("/", -1);
        if (parts.length != segments.size()) {
            return null;
        }
        List<String> names = new ArrayList<>();
        for (int i = 0; i < parts.length; i++) {
            if (parts[i].startsWith("{")) {
                names.add(segments.get(i));
            } else if (!parts[i].equals(segments.get(i))) {
                return null;
            }
        }
        return names;
    }
}
