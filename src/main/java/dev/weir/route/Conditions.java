package dev.weir.route;

import dev.weir.config.RouteConfig;
import dev.weir.http.Headers;
import dev.weir.http.Method;
import dev.weir.http.RequestHead;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * What a route asks of a request beside its host and path: that the method is one of some, compared with case, and that
 * of each of some header fields a line has a certain value, or any value ({@code *}). Immutable.
 */
final class Conditions {
    /** A field of which a line must be there with this value. */
    private static final class Wanted {
        final byte[] lowerCaseName;
        final boolean anyValue;
        final byte[] value;

        Wanted(String name, String value) {
            this.lowerCaseName = bytes(name.toLowerCase(Locale.ROOT));
            this.anyValue = value.equals("*");
            this.value = bytes(value);
        }

        boolean in(Headers headers) {
            for (int i = headers.indexOf(lowerCaseName, 0); i >= 0; i = headers.indexOf(lowerCaseName, i + 1)) {
                if (anyValue || is(headers.bytes(), headers.valueStart(i), headers.valueEnd(i), value)) {
                    return true;
                }
            }
            return false;
        }
    }

    private static final byte[][] NO_TOKENS = {};
    private static final Wanted[] NO_HEADERS = {};

    private final boolean anyMethod;
    private final Set<Method> methods = EnumSet.noneOf(Method.class);
    /** Those that {@link Method} does not know. */
    private final byte[][] otherMethods;

    private final Wanted[] headers;

    Conditions(RouteConfig.Match match) {
        anyMethod = match.methods().isEmpty();
        List<byte[]> others = new ArrayList<>();
        for (String name : match.methods()) {
            Method method = known(name);
            if (method == Method.OTHER) {
                others.add(bytes(name));
            } else {
                methods.add(method);
            }
        }
        otherMethods = others.toArray(NO_TOKENS);
        headers = match.headers().entrySet().stream()
                .map(header -> new Wanted(header.getKey(), header.getValue()))
                .toList()
                .toArray(NO_HEADERS);
    }

    boolean hold(RequestHead head) {
        if (!anyMethod && !methodHolds(head)) {
            return false;
        }
        for (Wanted header : headers) {
            if (!header.in(head.headers())) {
                return false;
            }
        }
        return true;
    }

    private boolean methodHolds(RequestHead head) {
        if (head.method() != Method.OTHER) {
            return methods.contains(head.method());
        }
        for (byte[] token : otherMethods) {
            if (is(head.bytes(), head.methodStart(), head.methodEnd(), token)) {
                return true;
            }
        }
        return false;
    }

    private static Method known(String name) {
        return Arrays.stream(Method.values())
                .filter(method -> method.name().equals(name))
                .findFirst()
                .orElse(Method.OTHER);
    }

    private static boolean is(byte[] bytes, int from, int to, byte[] expected) {
        return Arrays.equals(bytes, from, to, expected, 0, expected.length);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
