package dev.weir.config;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where further servers of a pool come from; exactly one of the keys is written.
 *
 * @param dns empty for none
 * @param srv empty for none
 * @param file empty for none
 * @param http null for none
 * @param etcd null for none
 */
public record DiscoverConfig(
        @Key(
                doc =
                        "A name and a port, as in `web.internal:8080`: each address of the name (A and AAAA records) is a "
                                + "server.",
                kind = Scalar.NAME_AND_PORT)
        String dns,

        @Key(
                doc = "The name of SRV records, as in `_http._tcp.web.internal`: each target is a server, with the "
                        + "record's weight. Targets of the lowest priority number are in use, the others are backups.",
                kind = Scalar.SRV_NAME)
        String srv,

        @Key(
                doc =
                        "A file with a list of servers in YAML or JSON, each as under `servers`. A change is in use within a "
                                + "second.",
                kind = Scalar.FILE_NAME)
        String file,

        @Key(doc = "An HTTP endpoint that answers with such a list.") @Nullable Http http,

        @Key(doc = "Keys in etcd: the value of each is a server, as under `servers`.") @Nullable Etcd etcd) {

    /**
     * The one source that is written, as it stands in logs, metrics and the admin API, such as {@code dns:web.internal:80}.
     * It tells no secret: a URL stands without its user and its query.
     */
    public String label() {
        if (http != null) {
            return "http:" + http.shown();
        }
        if (etcd != null) {
            return "etcd:" + etcd.prefix();
        }
        if (!dns.isEmpty()) {
            return "dns:" + dns;
        }
        return srv.isEmpty() ? "file:" + file : "srv:" + srv;
    }

    /** How many of the keys are written. */
    int written() {
        int texts = (dns.isEmpty() ? 0 : 1) + (srv.isEmpty() ? 0 : 1) + (file.isEmpty() ? 0 : 1);
        return texts + (http == null ? 0 : 1) + (etcd == null ? 0 : 1);
    }

    /**
     * An HTTP endpoint.
     *
     * @param tokenFile empty for none
     * @param tokenEnv empty for none
     * @param ca empty for the system's authorities
     */
    @Shorthand
    public record Http(
            @Key(
                    doc = "The address that is asked with GET. Redirects are not followed.",
                    required = true,
                    kind = Scalar.HTTP_URL)
            String url,

            @Key(
                    doc =
                            "How long after an answer it is asked again. An endpoint that holds a request until there is news "
                                    + "(it is sent `Prefer: wait=`) is asked again at once.",
                    def = "10s",
                    min = "100ms",
                    max = "24h",
                    kind = Scalar.DURATION)
            Duration every,

            @Key(
                    doc = "How long an endpoint may hold a request, which is what it is told; `0s`: it is not to.",
                    def = "30s",
                    min = "0s",
                    max = "10m",
                    kind = Scalar.DURATION)
            Duration hold,

            @Key(
                    doc = "How long an answer may take, beyond `hold`.",
                    def = "5s",
                    min = "10ms",
                    max = "5m",
                    kind = Scalar.DURATION)
            Duration timeout,

            @Key(doc = "The file with a token, which is sent as `Authorization: Bearer`.", kind = Scalar.FILE_NAME)
            String tokenFile,

            @Key(doc = "The environment variable with that token.", kind = Scalar.ENVIRONMENT)
            String tokenEnv,

            @Key(
                    doc =
                            "The PEM file with the authorities that vouch for the endpoint; without it those of the system.",
                    kind = Scalar.FILE_NAME)
            String ca) {
        String shown() {
            URI uri = URI.create(url);
            String path = uri.getRawPath() == null ? "" : uri.getRawPath();
            String port = uri.getPort() < 0 ? "" : ":" + uri.getPort();
            return uri.getScheme() + "://" + uri.getHost() + port + path;
        }
    }

    /**
     * Keys in etcd (version 3.4 or later).
     *
     * @param endpoints never empty; URLs
     * @param user empty for none
     * @param passwordFile empty for none
     * @param passwordEnv empty for none
     * @param ca empty for the system's authorities
     */
    public record Etcd(
            @Key(
                    doc = "The members of the etcd cluster; another one is asked when one does not answer.",
                    required = true,
                    min = "1",
                    kind = Scalar.ETCD_ENDPOINT)
            List<String> endpoints,

            @Key(
                    doc =
                            "What the keys begin with, as in `/services/web/`. A key goes with its lease, and so does its "
                                    + "server.",
                    required = true)
            String prefix,

            @Key(doc = "The user to log in as.") String user,

            @Key(doc = "The file with the user's password.", kind = Scalar.FILE_NAME)
            String passwordFile,

            @Key(doc = "The environment variable with the user's password.", kind = Scalar.ENVIRONMENT)
            String passwordEnv,

            @Key(
                    doc =
                            "The PEM file with the authorities that vouch for the endpoints; without it those of the system.",
                    kind = Scalar.FILE_NAME)
            String ca) {
        public Etcd {
            endpoints = List.copyOf(endpoints);
        }
    }
}
