package dev.weir.config;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A group of servers that answer the same requests. Sizes are in bytes.
 *
 * @param tls null for clear text
 * @param http never empty
 */
public record PoolConfig(
        @Key(
                doc = "How a server is chosen. `least-requests`: the one with the fewest requests in flight for its "
                        + "weight. `round-robin`: in turn, as often as the weights say. `p2c`: the less busy of two "
                        + "chosen at random. `random`: any.",
                def = "least-requests")
        BalanceConfig balance,

        @Key(
                doc =
                        "The servers. More can come and go while Weir runs; while a pool has none, requests wait as `queue` says, "
                                + "and are answered with 503 then.")
        List<ServerConfig> servers,

        @Key(
                doc = "Where further servers come from, each entry one source; docs/discovery.md tells more. They are "
                        + "checked, started slowly and drained like those of `servers`.")
        List<DiscoverConfig> discover,

        @Key(doc = "TLS with the servers. Without it they are spoken to in clear text.", optional = true) @Nullable PoolTls tls,

        @Key(
                doc =
                        "The versions of HTTP that the servers speak, the preferred one first; the default is `http/1.1`. "
                                + "With TLS the server chooses by ALPN among them. Without TLS it is one: `h2` is then begun with "
                                + "at once (prior knowledge).",
                min = "1")
        List<HttpVersion> http,

        @Key(doc = "HTTP/2 with the servers.") PoolHttp2 http2,

        @Key(
                doc =
                        "Tell the servers the client's address at the beginning of a connection (PROXY protocol): `v1` as "
                                + "text, `v2` in binary. A connection then serves only one client.",
                def = "off")
        ProxyProtocolVersion proxyProtocol,

        @Key(doc = "How long a server may take.") Timeouts timeouts,

        @Key(doc = "Connections to servers that are kept for the next request.")
        Connections connections,

        @Key(doc = "Further attempts when a server fails before it answered, at another server where there is one.")
        Retry retry,

        @Key(
                doc =
                        "A second copy of a request that takes longer than 95 of 100 do, to another server; the first answer "
                                + "counts. Only for requests that may be repeated.")
        Hedging hedging,

        @Key(
                doc =
                        "Checks that Weir makes by itself, which find that a server is gone before a request does, and that "
                                + "it is back.")
        HealthConfig health,

        @Key(doc = "Detection of failing servers from the requests that they are sent.")
        EjectionConfig ejection,

        @Key(
                doc =
                        "How long a server that was added, or is back, gets less than its share of the requests, growing; "
                                + "longer as long as it is slower than the others. `0s`: it gets its share at once.",
                def = "10s",
                min = "0s",
                max = "1h",
                kind = Scalar.DURATION)
        Duration slowStart,

        @Key(doc = "How many requests a server is given at once, found by measuring its answers' times.")
        ConcurrencyConfig concurrency,

        @Key(doc = "Requests that wait, because no server is up or each has as many requests as it may have.")
        Queue queue,

        @Key(doc = "How much a server may send in a head, and how much of a message is held on its way through.")
        Limits limits) {
    public PoolConfig {
        http = http.isEmpty() ? List.of(HttpVersion.HTTP_1_1) : List.copyOf(http);
        servers = List.copyOf(servers);
        discover = List.copyOf(discover);
    }

    /** A pool with every default. */
    public static PoolConfig of(List<ServerConfig> servers) {
        return ConfigDefaults.of(PoolConfig.class, Map.of("servers", servers));
    }

    /**
     * One server.
     *
     * @param weight 0 to 256
     * @param maxRequests {@link Integer#MAX_VALUE} for no limit
     * @param health null for the pool's
     */
    @Shorthand
    public record ServerConfig(
            @Key(doc = "`host:port`, `[::1]:80` or `unix:/path`.", required = true, kind = Scalar.SERVER)
            Address address,

            @Key(
                    doc = "The server's share of the requests in proportion to the others' weights; 0: none.",
                    def = "1",
                    min = "0",
                    max = "256",
                    kind = Scalar.INTEGER)
            int weight,

            @Key(
                    doc = "The most requests that the server has at once; more wait, see `queue`. `off`: no limit.",
                    def = "off",
                    min = "1",
                    max = "1000000",
                    kind = Scalar.INTEGER,
                    word = "off",
                    wordValue = Integer.MAX_VALUE)
            int maxRequests,

            @Key(
                    doc = "Gets requests only while no server is up that is not a backup.",
                    def = "off",
                    kind = Scalar.BOOLEAN)
            boolean backup,

            @Key(
                    doc =
                            "`drain`: no new requests, and those under way finish. `maint`: no checks either. It can also be "
                                    + "set while Weir runs.",
                    def = "ready")
            AdminState state,

            @Key(doc = "Checks of this server that differ from the pool's.", optional = true) @Nullable HealthConfig health) {
        public ServerConfig {
            if (weight < 0 || weight > 256) {
                throw new IllegalArgumentException("a weight is 0 to 256, not " + weight);
            }
        }

        /** A server with every default. */
        public static ServerConfig of(Address address) {
            return ConfigDefaults.of(ServerConfig.class, Map.of("address", address));
        }
    }

    /** How long a server may take. */
    public record Timeouts(
            @Key(
                    doc = "Until a connection is established, with TLS to the end of its handshake.",
                    def = "1s",
                    min = "1ms",
                    max = "1h",
                    kind = Scalar.DURATION)
            Duration connect,

            @Key(
                    doc = "From the end of the request to the first byte of the response.",
                    def = "30s",
                    min = "1ms",
                    max = "24h",
                    kind = Scalar.DURATION)
            Duration firstByte,

            @Key(
                    doc = "The longest pause within a response, and the longest that a server may leave a request "
                            + "body unread.",
                    def = "30s",
                    min = "1ms",
                    max = "24h",
                    kind = Scalar.DURATION)
            Duration bodyIdle,

            @Key(
                    doc = "How long a tunnel (WebSocket or another upgrade) may be silent in both directions; the "
                            + "shorter of this and the listener's holds.",
                    def = "1h",
                    min = "1ms",
                    max = "168h",
                    kind = Scalar.DURATION)
            Duration tunnelIdle) {}

    /** Idle connections kept for each event loop and server. */
    public record Connections(
            @Key(
                    doc = "Idle connections kept for each server by each event loop; 0: none is used twice.",
                    def = "64",
                    min = "0",
                    max = "100000",
                    kind = Scalar.INTEGER)
            int idle,

            @Key(
                    doc = "How long an idle connection is kept. Should be shorter than the servers' own.",
                    def = "60s",
                    min = "1ms",
                    max = "24h",
                    kind = Scalar.DURATION)
            Duration idleTimeout) {}

    /** Further attempts at other servers, and how much of a request's body is held for them. */
    public record Retry(
            @Key(
                    doc = "How often a request is tried again, at most; 0: never. It is tried again only when that is "
                            + "provably safe.",
                    def = "2",
                    min = "0",
                    max = "10",
                    kind = Scalar.INTEGER)
            int attempts,

            @Key(
                    doc = "How much of a request body is held for a further attempt; a longer one is sent only once.",
                    def = "64KiB",
                    min = "0",
                    max = "64MiB",
                    kind = Scalar.SIZE)
            int bodyBytes,

            @Key(
                    doc =
                            "How many of the requests may be tried again, as a share of those that arrive. It keeps retries "
                                    + "from overloading servers that are in trouble.",
                    def = "20%",
                    min = "0%",
                    max = "100%",
                    kind = Scalar.PERCENT)
            int budget,

            @Key(
                    doc = "How many requests a second may be tried again however few arrive.",
                    def = "10",
                    min = "0",
                    max = "1000000",
                    kind = Scalar.INTEGER)
            int budgetFloor,

            @Key(
                    doc = "Answers that are taken for a failure: a request that may be repeated goes to another server "
                            + "when the answer has one of these statuses. The last answer is passed on, and so is one that "
                            + "says when to come back (`Retry-After`).")
            List<RetryStatus> statuses,

            @Key(
                    doc = "An answer of at most this length is passed on when it is complete, so that a request can be "
                            + "tried again whose answer was cut short. One that comes slowly is passed on as it comes. 0: "
                            + "none is held.",
                    def = "16KiB",
                    min = "0",
                    max = "1MiB",
                    kind = Scalar.SIZE)
            int responseBytes) {
        public Retry {
            statuses = List.copyOf(statuses);
        }
    }

    /** A status that may be taken for a failure. */
    public enum RetryStatus implements Spelled {
        TOO_MANY_REQUESTS(429),
        BAD_GATEWAY(502),
        SERVICE_UNAVAILABLE(503),
        GATEWAY_TIMEOUT(504);

        private final int code;

        RetryStatus(int code) {
            this.code = code;
        }

        /** The status code. */
        public int code() {
            return code;
        }

        @Override
        public String spelling() {
            return Integer.toString(code);
        }
    }

    /** A second copy of a slow request. */
    @Shorthand
    public record Hedging(
            @Key(doc = "Whether slow requests are sent twice.", def = "off", kind = Scalar.BOOLEAN)
            boolean enabled,

            @Key(
                    doc = "The most second copies, as a share of the requests.",
                    def = "5%",
                    min = "1%",
                    max = "50%",
                    kind = Scalar.PERCENT)
            int share) {}

    /** Requests that wait for a server. */
    public record Queue(
            @Key(
                    doc = "How many requests of the pool wait at once; one more is answered with 503. 0: none waits.",
                    def = "1000",
                    min = "0",
                    max = "1000000",
                    kind = Scalar.INTEGER)
            int requests,

            @Key(
                    doc =
                            "How long a request waits before it is answered with 503. While the queue does not become empty, "
                                    + "a tenth of it.",
                    def = "1s",
                    min = "1ms",
                    max = "1h",
                    kind = Scalar.DURATION)
            Duration timeout) {}

    /** How much a server may send in one head, and how much of a message is held on its way through. */
    public record Limits(
            @Key(
                    doc = "All header fields of a response together; more is answered to the client with 502.",
                    def = "32KiB",
                    min = "1KiB",
                    max = "1MiB",
                    kind = Scalar.SIZE)
            int headerBytes,

            @Key(
                    doc = "The number of header fields in a response; more is answered to the client with 502.",
                    def = "128",
                    min = "1",
                    max = "10000",
                    kind = Scalar.INTEGER)
            int headers,

            @Key(
                    doc = "Bytes of a request that wait for a slow server, about; then its client is held back.",
                    def = "64KiB",
                    min = "4KiB",
                    max = "64MiB",
                    kind = Scalar.SIZE)
            int bufferBytes) {}
}
