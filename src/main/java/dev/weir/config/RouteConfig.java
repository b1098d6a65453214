package dev.weir.config;

import java.util.List;
import java.util.Map;

/** Which requests go to which pool; the first route that matches wins. Empty parts of a match match everything. */
public record RouteConfig(Match match, String pool) {
    /** All given parts must match. */
    public record Match(String host, String path, List<String> methods, Map<String, String> headers) {}
}
