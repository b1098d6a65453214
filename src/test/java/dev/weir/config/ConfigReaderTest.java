package dev.weir.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigReaderTest {
    private static final String MINIMAL = "listeners: [{ bind: ':8080' }]\npools: { web: { servers: [a:80] } }\n";

    @Test
    void minimal_read_hasEveryDefault() {
        WeirConfig config = sound(MINIMAL);
        assertThat(config.eventLoops()).isZero();
        assertThat(config.routes()).isEmpty();
        assertThat(config.admin()).isNull();
        assertThat(config.shutdown().deadline()).isEqualTo(Duration.ofSeconds(30));
        assertThat(config.accessLog())
                .isEqualTo(new AccessLogConfig(AccessLogConfig.Target.OFF, "", AccessLogConfig.Format.JSON));
        assertThat(config.listeners())
                .containsExactly(new ListenerConfig(
                        new Address.Inet("", 8080),
                        false,
                        null,
                        List.of(HttpVersion.HTTP_1_1),
                        new ListenerHttp2(
                                128, 65536, 1048576, 4096, 16, 10, 200, 1000, 3000, 1000, Duration.ofSeconds(30)),
                        false,
                        0,
                        null,
                        List.of(),
                        new ListenerConfig.Forwarding(true, true, false),
                        new ListenerConfig.Timeouts(
                                Duration.ofSeconds(10),
                                Duration.ofSeconds(10),
                                Duration.ofSeconds(30),
                                Duration.ofSeconds(60),
                                Duration.ofHours(1),
                                Duration.ofSeconds(1),
                                Duration.ofSeconds(2)),
                        new ListenerConfig.Limits(16384, 32768, 128, Long.MAX_VALUE, 65536, 65536, 100000)));
        assertThat(config.pools()).containsOnlyKeys("web").containsValue(web());
    }

    private static PoolConfig.ServerConfig server(Address address, int weight) {
        return new PoolConfig.ServerConfig(address, weight, Integer.MAX_VALUE, false, AdminState.READY, null);
    }

    private static PoolConfig web() {
        return new PoolConfig(
                BalanceConfig.LEAST_REQUESTS,
                List.of(server(new Address.Inet("a", 80), 1)),
                List.of(),
                null,
                List.of(HttpVersion.HTTP_1_1),
                new PoolHttp2(100, 65536, 8388608, Duration.ofSeconds(10), Duration.ofSeconds(5)),
                ProxyProtocolVersion.OFF,
                new PoolConfig.Timeouts(
                        Duration.ofSeconds(1), Duration.ofSeconds(30), Duration.ofSeconds(30), Duration.ofHours(1)),
                new PoolConfig.Connections(64, Duration.ofSeconds(60)),
                new PoolConfig.Retry(2, 65536, 20, 10, List.of(), 16384),
                new PoolConfig.Hedging(false, 5),
                new HealthConfig(
                        HealthConfig.Type.AUTO,
                        "",
                        "GET",
                        "",
                        Map.of(),
                        StatusRanges.parse("200-399"),
                        "",
                        "",
                        "",
                        0,
                        Duration.ofSeconds(2),
                        Duration.ofMillis(500),
                        Duration.ofSeconds(1),
                        2,
                        2,
                        HealthConfig.Initial.CHECKING),
                new EjectionConfig(
                        true, Duration.ofSeconds(10), 50, 10, 5, Duration.ofSeconds(5), Duration.ofMinutes(5), 50, 30),
                Duration.ofSeconds(10),
                new ConcurrencyConfig(ConcurrencyConfig.Limit.OFF, 20, 4, 1000),
                new PoolConfig.Queue(1000, Duration.ofSeconds(1)),
                new PoolConfig.Limits(32768, 128, 65536));
    }

    @Test
    void factories_called_giveTheSameDefaults() {
        PoolConfig pool = PoolConfig.of(List.of(PoolConfig.ServerConfig.of(new Address.Inet("a", 80))));
        ListenerConfig listener = ListenerConfig.of(new Address.Inet("", 8080));
        assertThat(WeirConfig.of(List.of(listener), Map.of("web", pool))).isEqualTo(sound(MINIMAL));
    }

    @Test
    void everyKey_written_isRead() {
        WeirConfig config = sound("""
                event-loops: 4
                listeners:
                  - bind: "[::1]:0"
                    trusted-proxies: [10.0.0.0/8, "::1"]
                    forwarding: { via: true, forwarded: off }
                    limits: { body-bytes: 1GiB }
                  - bind: unix:/run/weir.sock
                routes:
                  - match:
                      host: "*.Example.COM"
                      path: "/v1/*"
                      methods: [GET, HEAD]
                      headers: { X-Beta: "1", x-any: "*" }
                    pool: api
                pools:
                  api:
                    balance: p2c
                    servers: ["b:1", { address: "unix:/run/b", weight: 0 }]
                access-log: stdout
                admin: { bind: localhost:9090 }
                """);
        ListenerConfig first = config.listeners().getFirst();
        assertThat(config.eventLoops()).isEqualTo(4);
        assertThat(first.bind()).isEqualTo(new Address.Inet("::1", 0));
        assertThat(first.trustedProxies()).containsExactly(Cidr.parse("10.0.0.0/8"), Cidr.parse("::1/128"));
        assertThat(first.forwarding()).isEqualTo(new ListenerConfig.Forwarding(true, false, true));
        assertThat(first.limits().bodyBytes()).isEqualTo(1L << 30);
        assertThat(config.listeners().get(1).bind()).isEqualTo(new Address.Unix("/run/weir.sock"));
        assertThat(config.routes())
                .containsExactly(new RouteConfig(
                        new RouteConfig.Match(
                                "*.example.com", "/v1/*", List.of("GET", "HEAD"), Map.of("x-beta", "1", "x-any", "*")),
                        "api"));
        assertThat(config.pools().values()).singleElement().satisfies(pool -> {
            assertThat(pool.balance()).isEqualTo(BalanceConfig.P2C);
            assertThat(pool.servers())
                    .containsExactly(server(new Address.Inet("b", 1), 1), server(new Address.Unix("/run/b"), 0));
        });
        assertThat(config.accessLog())
                .isEqualTo(new AccessLogConfig(AccessLogConfig.Target.STDOUT, "", AccessLogConfig.Format.JSON));
        assertThat(config.admin()).isEqualTo(new WeirConfig.AdminConfig(new Address.Inet("localhost", 9090)));
    }

    @Test
    void tlsKeys_written_areRead() {
        WeirConfig config = sound("""
                listeners:
                  - bind: ":443"
                    tls:
                      certificates: [{ cert: a.pem, key: a.key }, { cert: b.pem, key: b.key, ocsp: b.ocsp }]
                      min-version: TLSv1.3
                      client-certificates: { mode: optional, ca: ca.pem }
                      tickets: { key-files: [new.key, old.key] }
                      passthrough: [{ server-name: "*.db.example.com", pool: db }]
                    hsts: 8760h
                    http2: { max-concurrent-streams: 1 }
                  - bind: ":444"
                    tls: { certificates: [{ cert: a.pem, key: a.key }] }
                    http: [http/1.1]
                    hsts: { max-age: 1h, include-subdomains: on }
                  - bind: ":80"
                    redirect-to-https: 8443
                    proxy-protocol: on
                    trusted-proxies: ["10.0.0.1"]
                    http: [h2, http/1.1]
                routes: [{ pool: web }]
                pools:
                  web:
                    servers: ["a:443"]
                    tls: {}
                    http: [h2, http/1.1]
                  db:
                    servers: ["b:443"]
                    tls:
                      { ca: ca.pem, server-name: B.example, min-version: TLSv1.3, certificate: { cert: c, key: k } }
                    proxy-protocol: v2
                """);
        ListenerConfig first = config.listeners().getFirst();
        assertThat(first.tls())
                .isEqualTo(new ListenerTls(
                        List.of(
                                new ListenerTls.Certificate("a.pem", "a.key", ""),
                                new ListenerTls.Certificate("b.pem", "b.key", "b.ocsp")),
                        null,
                        false,
                        TlsVersion.TLS_1_3,
                        new ListenerTls.ClientCertificates(ListenerTls.ClientCertificateMode.OPTIONAL, "ca.pem"),
                        new ListenerTls.Tickets(List.of("new.key", "old.key")),
                        List.of(new ListenerTls.Passthrough("*.db.example.com", "db"))));
        assertThat(first.http()).containsExactly(HttpVersion.H2, HttpVersion.HTTP_1_1);
        assertThat(first.http2().maxConcurrentStreams()).isOne();
        assertThat(first.hsts()).isEqualTo(new ListenerConfig.Hsts(Duration.ofDays(365), false, false));
        assertThat(config.listeners().get(1).http()).containsExactly(HttpVersion.HTTP_1_1);
        assertThat(config.listeners().get(2).redirectToHttps()).isEqualTo(8443);
        assertThat(config.listeners().get(2).proxyProtocol()).isTrue();
        assertThat(config.pools())
                .hasEntrySatisfying(
                        "web",
                        pool -> assertThat(pool.tls()).isEqualTo(new PoolTls("", "", null, TlsVersion.TLS_1_2, false)))
                .hasEntrySatisfying("db", pool -> {
                    PoolTls.ClientCertificate shown = new PoolTls.ClientCertificate("c", "k");
                    assertThat(pool.tls())
                            .isEqualTo(new PoolTls("ca.pem", "b.example", shown, TlsVersion.TLS_1_3, false));
                    assertThat(pool.proxyProtocol()).isEqualTo(ProxyProtocolVersion.V2);
                });
    }

    @Test
    void aliases_ordinary_areFollowed() {
        WeirConfig config = sound("""
                listeners: [{ bind: ":1", timeouts: &t { body-idle: 5s } }, { bind: ":2", timeouts: *t }]
                pools: { web: { servers: [a:80] } }
                """);
        assertThat(config.listeners())
                .allSatisfy(
                        listener -> assertThat(listener.timeouts().bodyIdle()).isEqualTo(Duration.ofSeconds(5)));
    }

    @Test
    void byteOrderMarkAndCarriageReturns_before_areNoMatter(@TempDir Path folder) throws IOException {
        byte[] text = ("\uFEFF" + MINIMAL.replace("\n", "\r\n")).getBytes(StandardCharsets.UTF_8);
        Path file = Files.write(folder.resolve("weir.yaml"), text);
        assertThat(ConfigReader.read(file))
                .isInstanceOfSatisfying(
                        ConfigResult.Sound.class,
                        read -> assertThat(read.config()).isEqualTo(sound(MINIMAL)));
    }

    /** The parser names no place for this one. */
    @Test
    void keyInQuotesThatSpansLines_isRefusedWithAPlace() {
        String text =
                "listeners:\n  - bind: \":8080?\nroutes:\n  \" match: { host: api.example.com, path: \"/v2/*\" }\n";
        assertThat(ConfigReader.read("x", text))
                .isInstanceOfSatisfying(
                        ConfigResult.Faulty.class,
                        faulty -> assertThat(faulty.problems())
                                .singleElement()
                                .satisfies(
                                        problem -> assertThat(problem.message()).startsWith("x:4:")));
    }

    @Test
    void text_mutatedAtRandom_isReadOrRefusedWithPlaces() throws IOException {
        long seed = Long.getLong("seed", 20_261_126);
        Random random = new Random(seed);
        String whole = Files.readString(Path.of("examples/routes.yaml"));
        String marks = " :\n\t-[]{}\"'#&*!|>%@,?aé\u0000\uFFFE~0";
        for (int i = 0; i < 3000; i++) {
            StringBuilder text = new StringBuilder(whole);
            for (int changes = 1 + random.nextInt(4); changes > 0; changes--) {
                char mark = marks.charAt(random.nextInt(marks.length()));
                text.setCharAt(random.nextInt(text.length()), mark);
            }
            ConfigResult result = ConfigReader.read("x", text.toString());
            assertThat(result).as("seed %s, round %s:\n%s", seed, i, text).satisfies(read -> {
                if (read instanceof ConfigResult.Faulty faulty) {
                    assertThat(faulty.problems())
                            .isNotEmpty()
                            .allSatisfy(problem -> assertThat(problem.line()).isPositive());
                }
            });
        }
    }

    @Test
    void cidr_contains_comparesLeadingBits() {
        Cidr range = Cidr.parse("192.168.128.0/17");
        assertThat(range.contains(AddressParser.ipv4("192.168.128.1"))).isTrue();
        assertThat(range.contains(AddressParser.ipv4("192.168.127.1"))).isFalse();
        assertThat(range.contains(AddressParser.ipv6("::1"))).isFalse();
        assertThat(Cidr.parse("fd00::/8")).hasToString("fd00::/8");
        assertThat(Cidr.parse("::/0")).hasToString("::/0");
        assertThat(Cidr.parse("1:0:0:2::/64")).hasToString("1::2:0:0:0:0/64");
    }

    @Test
    void records_madeWrongly_refuse() {
        assertThatThrownBy(() -> new Address.Inet("a", 65536)).hasMessageContaining("0 to 65535");
        assertThatThrownBy(() -> new Address.Unix("a")).hasMessageContaining("absolute");
        assertThatThrownBy(() -> ConfigDefaults.of(ListenerConfig.class, Map.of()))
                .hasMessageContaining("'bind'");
        assertThatThrownBy(() -> ConfigDefaults.of(ListenerConfig.Timeouts.class, Map.of("bodyIdl", 1)))
                .hasMessageContaining("bodyIdl");
    }

    private static WeirConfig sound(String text) {
        ConfigResult result = ConfigReader.read("test", text);
        assertThat(result).isInstanceOf(ConfigResult.Sound.class);
        return ((ConfigResult.Sound) result).config();
    }
}
