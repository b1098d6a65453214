package dev.weir.config;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One address that clients connect to. Sizes are in bytes.
 *
 * @param tls null for clear text
 * @param http never empty
 * @param redirectToHttps 0 for no redirect
 * @param hsts null for none
 */
public record ListenerConfig(
        @Key(
                doc =
                        "Where to listen: `host:port`, `:port` for every local address, `0.0.0.0:port` for those of IPv4 alone, "
                                + "`[::1]:80` or `unix:/path`. "
                                + "Port 0 lets the system choose.",
                required = true,
                kind = Scalar.BIND)
        Address bind,

        @Key(
                doc = "Whether other processes may listen on the same address (`SO_REUSEPORT`): the system deals new "
                        + "connections out among them. [Operations](operations.md) has what that costs when one of "
                        + "them stops.",
                def = "off",
                kind = Scalar.BOOLEAN)
        boolean reusePort,

        @Key(doc = "TLS with clients. Without it the listener speaks clear text.", optional = true) @Nullable ListenerTls tls,

        @Key(
                doc = "The versions of HTTP, the preferred one first: `h2`, `http/1.1`. With TLS the client chooses by "
                        + "ALPN, and the default is both. Without TLS the default is `http/1.1`, and `h2` is for clients "
                        + "that begin with it (prior knowledge).",
                min = "1")
        List<HttpVersion> http,

        @Key(doc = "HTTP/2 with clients, and what bounds their abuse of it.")
        ListenerHttp2 http2,

        @Key(
                doc = "Whether connections from `trusted-proxies` begin with the client's address (PROXY protocol, "
                        + "version 1 or 2). Others are closed.",
                def = "off",
                kind = Scalar.BOOLEAN)
        boolean proxyProtocol,

        @Key(
                doc = "The port of the HTTPS listener to which every request is redirected (308) instead of being "
                        + "served; 443 does not show in the address.",
                def = "off",
                min = "1",
                max = "65535",
                kind = Scalar.INTEGER,
                word = "off",
                wordValue = 0)
        int redirectToHttps,

        @Key(doc = "Tell browsers to use only TLS for this host from now on (RFC 6797).") @Nullable Hsts hsts,

        @Key(
                doc = "Address ranges of proxies in front of Weir: from them, and only from them, forwarding fields "
                        + "are believed and continued; from anyone else they are replaced.",
                kind = Scalar.CIDR)
        List<Cidr> trustedProxies,

        @Key(doc = "What servers are told about the client.")
        Forwarding forwarding,

        @Key(doc = "How long a client may take.") Timeouts timeouts,

        @Key(doc = "How much a client may send or hold.") Limits limits) {
    public ListenerConfig {
        if (http.isEmpty()) {
            http = tls == null ? List.of(HttpVersion.HTTP_1_1) : List.of(HttpVersion.H2, HttpVersion.HTTP_1_1);
        }
        http = List.copyOf(http);
        trustedProxies = List.copyOf(trustedProxies);
    }

    /** A listener with every default. */
    public static ListenerConfig of(Address bind) {
        return ConfigDefaults.of(ListenerConfig.class, Map.of("bind", bind));
    }

    /** What is told to the server about the client. */
    public record Forwarding(
            @Key(
                    doc = "Send `X-Forwarded-For`, `X-Forwarded-Host` and `X-Forwarded-Proto`.",
                    def = "on",
                    kind = Scalar.BOOLEAN)
            boolean xForwarded,

            @Key(doc = "Send `Forwarded` (RFC 7239).", def = "on", kind = Scalar.BOOLEAN)
            boolean forwarded,

            @Key(
                    doc = "Add `Via` to requests and responses (RFC 9110 section 7.6.3).",
                    def = "off",
                    kind = Scalar.BOOLEAN)
            boolean via) {}

    /** The `Strict-Transport-Security` field. */
    @Shorthand
    public record Hsts(
            @Key(doc = "For how long.", required = true, min = "0s", max = "87600h", kind = Scalar.DURATION)
            Duration maxAge,

            @Key(doc = "Also for all names below.", def = "off", kind = Scalar.BOOLEAN)
            boolean includeSubdomains,

            @Key(doc = "Consent to be in the lists that browsers carry.", def = "off", kind = Scalar.BOOLEAN)
            boolean preload) {}

    /** How long a client may take. */
    public record Timeouts(
            @Key(
                    doc =
                            "From the connection to the end of what stands before the first request: the PROXY protocol's "
                                    + "header and the TLS handshake.",
                    def = "10s",
                    min = "1ms",
                    max = "24h",
                    kind = Scalar.DURATION)
            Duration handshake,

            @Key(
                    doc = "From the first byte of a request to the end of its head.",
                    def = "10s",
                    min = "1ms",
                    max = "24h",
                    kind = Scalar.DURATION)
            Duration requestHead,

            @Key(
                    doc = "The longest pause within a request body, and the longest that a client may leave a response "
                            + "unread.",
                    def = "30s",
                    min = "1ms",
                    max = "24h",
                    kind = Scalar.DURATION)
            Duration bodyIdle,

            @Key(
                    doc = "How long a connection without a request is kept open.",
                    def = "60s",
                    min = "1ms",
                    max = "24h",
                    kind = Scalar.DURATION)
            Duration keepAlive,

            @Key(
                    doc = "How long a tunnel (WebSocket or another upgrade) may be silent in both directions.",
                    def = "1h",
                    min = "1ms",
                    max = "168h",
                    kind = Scalar.DURATION)
            Duration tunnelIdle,

            @Key(
                    doc = "How long an exchange goes on after its client ended its sending side, before it is taken "
                            + "as aborted.",
                    def = "1s",
                    min = "0s",
                    max = "24h",
                    kind = Scalar.DURATION)
            Duration halfClosed,

            @Key(
                    doc =
                            "How long the rest of a request is still taken, and dropped, after it was answered early: some "
                                    + "clients read the answer only then. At the end of it the connection closes (HTTP/1.1), or "
                                    + "the stream is reset (HTTP/2).",
                    def = "2s",
                    min = "0s",
                    max = "1h",
                    kind = Scalar.DURATION)
            Duration linger) {}

    /**
     * How much a client may send or hold.
     *
     * @param bodyBytes {@link Long#MAX_VALUE} for no limit
     */
    public record Limits(
            @Key(
                    doc = "The longest request line; a longer one is answered with 414.",
                    def = "16KiB",
                    min = "256B",
                    max = "1MiB",
                    kind = Scalar.SIZE)
            int requestLineBytes,

            @Key(
                    doc = "All header fields of a request together; more is answered with 431.",
                    def = "32KiB",
                    min = "1KiB",
                    max = "1MiB",
                    kind = Scalar.SIZE)
            int headerBytes,

            @Key(
                    doc = "The number of header fields in a request; more is answered with 431.",
                    def = "128",
                    min = "1",
                    max = "10000",
                    kind = Scalar.INTEGER)
            int headers,

            @Key(
                    doc = "The longest request body; a longer one is answered with 413. `none`: no limit.",
                    def = "none",
                    min = "0",
                    kind = Scalar.SIZE,
                    word = "none",
                    wordValue = Long.MAX_VALUE)
            long bodyBytes,

            @Key(
                    doc = "Bytes of further requests on a connection that are held while one is answered.",
                    def = "64KiB",
                    min = "1KiB",
                    max = "16MiB",
                    kind = Scalar.SIZE)
            int pipelineBytes,

            @Key(
                    doc = "Bytes of a response that wait for a slow client, about; then its server is held back.",
                    def = "64KiB",
                    min = "4KiB",
                    max = "64MiB",
                    kind = Scalar.SIZE)
            int bufferBytes,

            @Key(
                    doc = "Connections open at the same time; one more is answered with 503 and closed.",
                    def = "100000",
                    min = "1",
                    max = "10000000",
                    kind = Scalar.INTEGER)
            int connections) {}
}
