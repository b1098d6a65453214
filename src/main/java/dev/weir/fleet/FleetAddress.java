package dev.weir.fleet;

import dev.weir.etcd.EtcdClient;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Where a fleet keeps what it shares: {@code etcd://host:2379,other:2379/prefix}, or {@code etcds://} with TLS.
 *
 * @param endpoints URLs of the members, at least one
 * @param prefix begins with a slash and ends with none
 */
public record FleetAddress(List<String> endpoints, String prefix) {
    private static final int PORT = 2379;

    public FleetAddress {
        endpoints = List.copyOf(endpoints);
    }

    /** Whether a word on the command line is meant to be one. */
    public static boolean looksLike(String text) {
        return text.startsWith("etcd:") || text.startsWith("etcds:");
    }

    /**
     * Reads one.
     *
     * @throws IllegalArgumentException with a clause that says what is wrong
     */
    public static FleetAddress parse(String text) {
        boolean tls = text.startsWith("etcds://");
        if (!tls && !text.startsWith("etcd://")) {
            throw new IllegalArgumentException("found '" + text + "', expected etcd://host:2379/prefix");
        }
        String rest = text.substring(text.indexOf("//") + 2);
        int slash = rest.indexOf('/');
        String prefix = slash < 0 ? "" : rest.substring(slash).replaceAll("/+$", "");
        if (prefix.isEmpty()) {
            throw new IllegalArgumentException("the prefix is missing, as in etcd://host:2379/weir");
        }
        List<String> endpoints = new ArrayList<>();
        for (String member : rest.substring(0, slash).split(",", -1)) {
            endpoints.add(endpoint(tls ? "https" : "http", member));
        }
        return new FleetAddress(endpoints, prefix);
    }

    private static String endpoint(String scheme, String member) {
        if (member.contains("@")) {
            throw new IllegalArgumentException(
                    "the user does not belong in the address; set WEIR_ETCD_USER and WEIR_ETCD_PASSWORD");
        }
        try {
            URI uri = new URI(scheme + "://" + member);
            if (uri.getHost() != null) {
                return scheme + "://" + uri.getHost() + ":" + (uri.getPort() < 0 ? PORT : uri.getPort());
            }
        } catch (URISyntaxException malformed) {
            // Said below.
        }
        throw new IllegalArgumentException("'" + member + "' is no host and port, as in etcd-1.internal:2379");
    }

    /** A client of it, with the user and the authorities that the environment names. */
    EtcdClient client(Map<String, String> environment) throws IOException {
        String user = environment.getOrDefault("WEIR_ETCD_USER", "");
        String password = environment.getOrDefault("WEIR_ETCD_PASSWORD", "");
        if (!user.isEmpty() && password.isEmpty()) {
            throw new IOException("WEIR_ETCD_USER is set and WEIR_ETCD_PASSWORD is not");
        }
        EtcdClient.Login login = new EtcdClient.Login(user, () -> password);
        return new EtcdClient(endpoints, login, environment.getOrDefault("WEIR_ETCD_CA", ""));
    }

    String configKey() {
        return prefix + "/config";
    }

    String stateKey() {
        return prefix + "/state";
    }

    String instancesPrefix() {
        return prefix + "/instances/";
    }

    /** As it was written, but with every port. */
    @Override
    public String toString() {
        String scheme = endpoints.getFirst().startsWith("https:") ? "etcds://" : "etcd://";
        return scheme
                + String.join(
                        ",",
                        endpoints.stream()
                                .map(each -> each.replaceFirst("https?://", ""))
                                .toList())
                + prefix;
    }
}
