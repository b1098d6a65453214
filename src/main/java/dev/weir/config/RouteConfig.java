package dev.weir.config;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Which requests go to which pool; the first route that matches wins. Empty parts of a match match everything.
 *
 * @param name empty for none
 */
public record RouteConfig(
        @Key(
                doc =
                        "What the admin API and `weir diff` call this route, one of a kind. Without it they use a hash of its "
                                + "content.",
                kind = Scalar.NAME)
        String name,

        @Key(doc = "Which requests; without it, all.") Match match,

        @Key(doc = "The pool that answers them.", required = true, kind = Scalar.NAME)
        String pool) {
    /** A route without a name. */
    public RouteConfig(Match match, String pool) {
        this("", match, pool);
    }

    /**
     * All given parts must match.
     *
     * @param host empty, a host name in lower case, or {@code *.} and one
     * @param path empty, a path, or the beginning of one and {@code *}
     * @param methods empty, or the methods of which one must be the request's
     * @param headers field names in lower case; the value {@code *} matches every value
     */
    public record Match(
            @Key(
                    doc = "The request's host without its port: a name, or `*.example.com` for every name below "
                            + "`example.com`. Case does not matter.",
                    kind = Scalar.HOST)
            String host,

            @Key(
                    doc = "The request's path without its query: exactly `/a`, or with `*` at the end every path that "
                            + "begins so, as `/v1/*`.",
                    kind = Scalar.PATH)
            String path,

            @Key(doc = "One of these methods. Case matters.", kind = Scalar.METHOD)
            List<String> methods,

            @Key(
                    doc = "Every one of these fields with exactly this value; `\"*\"`: with any value.",
                    names = Scalar.HEADER)
            Map<String, String> headers) {
        public Match {
            methods = List.copyOf(methods);
            headers = Collections.unmodifiableMap(new LinkedHashMap<>(headers));
        }

        /** The match of every request. */
        public static Match all() {
            return new Match("", "", List.of(), Map.of());
        }

        /** Whether there is no request that this does not match. */
        public boolean matchesEverything() {
            return host.isEmpty() && (path.isEmpty() || path.equals("/*")) && methods.isEmpty() && headers.isEmpty();
        }
    }
}
