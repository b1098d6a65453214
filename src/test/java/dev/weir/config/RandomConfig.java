package dev.weir.config;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Supplier;

/** Configurations that the reader accepts, drawn from a seeded generator over the same shapes as the reader's. */
final class RandomConfig {
    private final Random random;
    private int next;

    RandomConfig(long seed) {
        random = new Random(seed);
    }

    WeirConfig config() {
        Map<String, PoolConfig> pools = new LinkedHashMap<>();
        int count = 1 + random.nextInt(4);
        while (pools.size() < count) {
            pools.put(one("web", "off", "1", "a.b", "-", "null", "x_" + pools.size()), pool());
        }
        List<String> names = List.copyOf(pools.keySet());
        List<ListenerConfig> listeners = list(1, () -> listener(names));
        List<RouteConfig> routes =
                list(pools.size() > 1 ? 1 : 0, () -> new RouteConfig(section(RouteConfig.Match.class), any(names)));
        Map<String, Object> given = new LinkedHashMap<>();
        given.put("listeners", listeners);
        given.put("pools", pools);
        given.put("routes", routes);
        given.put("eventLoops", random.nextInt(1025));
        given.put("accessLog", section(AccessLogConfig.class));
        given.put("resolver", resolver());
        given.put("stateFile", one("", "off", "/var/lib/weir/state.json"));
        given.put("shutdown", section(WeirConfig.ShutdownConfig.class));
        if (random.nextBoolean()) {
            given.put("admin", new WeirConfig.AdminConfig(address(), text(Scalar.FILE_NAME), "", one("0600", "0777")));
        }
        return ConfigDefaults.of(WeirConfig.class, given);
    }

    /** Only keys that go together. */
    private ListenerConfig listener(List<String> pools) {
        boolean tls = random.nextBoolean();
        Map<String, Object> fixed = new HashMap<>();
        fixed.put("tls", tls ? tls(pools) : null);
        fixed.put("http", versions(true));
        if (tls) {
            fixed.put("redirect-to-https", 0);
        } else {
            fixed.put("hsts", null);
        }
        if (random.nextBoolean()) {
            fixed.put("trusted-proxies", List.of(Cidr.parse("::/0")));
        } else {
            fixed.put("proxy-protocol", false);
        }
        return section(ListenerConfig.class, fixed);
    }

    private ListenerTls tls(List<String> pools) {
        List<ListenerTls.Passthrough> passthrough = new ArrayList<>();
        for (int i = random.nextInt(3); i > 0; i--) {
            passthrough.add(new ListenerTls.Passthrough(one("", "*.") + "host" + i, any(pools)));
        }
        ListenerTls.ClientCertificateMode mode = any(List.of(ListenerTls.ClientCertificateMode.values()));
        String ca = mode == ListenerTls.ClientCertificateMode.NONE ? "" : text(Scalar.FILE_NAME);
        Map<String, Object> fixed = new HashMap<>();
        fixed.put("certificates", list(1, () -> section(ListenerTls.Certificate.class)));
        fixed.put("acme", random.nextBoolean() ? acme() : null);
        fixed.put("client-certificates", new ListenerTls.ClientCertificates(mode, ca));
        fixed.put("passthrough", passthrough);
        return section(ListenerTls.class, fixed);
    }

    private ListenerAcme acme() {
        return section(
                ListenerAcme.class,
                Map.of(
                        "domains",
                        List.of(text(Scalar.DOMAIN), "last.example"),
                        "accept-terms",
                        true,
                        "email",
                        one("", "a@b.example", "\"#:'@x"),
                        "external-account",
                        new ListenerAcme.ExternalAccount(one("1", "a b", "é"), text(Scalar.FILE_NAME))));
    }

    private PoolConfig pool() {
        boolean tls = random.nextBoolean();
        Map<String, Object> fixed = new HashMap<>();
        fixed.put("tls", tls ? section(PoolTls.class, random.nextBoolean() ? insecure() : secure()) : null);
        fixed.put("discover", discover());
        List<HttpVersion> versions = versions(tls);
        fixed.put("http", versions);
        if (versions.contains(HttpVersion.H2)) {
            fixed.put("proxy-protocol", ProxyProtocolVersion.OFF);
        }
        return section(PoolConfig.class, fixed);
    }

    private ResolverConfig resolver() {
        return section(
                ResolverConfig.class,
                Map.of(
                        "servers",
                        list(0, () -> Address.parse(one("127.0.0.1:53", "[::1]:5353"))),
                        "min-ttl",
                        Duration.ofSeconds(1),
                        "max-ttl",
                        one(Duration.ofSeconds(1), Duration.ofHours(24))));
    }

    /** Each source once, one in an entry. */
    private List<DiscoverConfig> discover() {
        List<DiscoverConfig> all = new ArrayList<>(List.of(
                new DiscoverConfig(text(Scalar.NAME_AND_PORT), "", "", null, null),
                new DiscoverConfig("", text(Scalar.SRV_NAME), "", null, null),
                new DiscoverConfig("", "", text(Scalar.FILE_NAME), null, null),
                new DiscoverConfig("", "", "", section(DiscoverConfig.Http.class, http()), null),
                new DiscoverConfig("", "", "", null, section(DiscoverConfig.Etcd.class, etcd()))));
        Collections.shuffle(all, random);
        return all.subList(0, random.nextInt(all.size() + 1));
    }

    private Map<String, Object> http() {
        boolean file = random.nextBoolean();
        String url = text(Scalar.HTTP_URL);
        return Map.of(
                "url",
                url,
                "token-file",
                file ? text(Scalar.FILE_NAME) : "",
                "token-env",
                file ? "" : one("", "TOKEN"),
                "ca",
                url.startsWith("https") ? text(Scalar.FILE_NAME) : "");
    }

    private Map<String, Object> etcd() {
        boolean user = random.nextBoolean();
        return Map.of(
                "endpoints",
                List.of("https://[::1]:2379", text(Scalar.ETCD_ENDPOINT)),
                "prefix",
                one("/services/web/", "é: #\\", "~"),
                "user",
                user ? one("root", "a: b") : "",
                "password-file",
                user ? text(Scalar.FILE_NAME) : "",
                "password-env",
                "");
    }

    private static Map<String, Object> insecure() {
        return Map.of("ca", "", "insecure-skip-verify", true);
    }

    private static Map<String, Object> secure() {
        return Map.of("server-name", "a.example.com", "insecure-skip-verify", false);
    }

    private List<HttpVersion> versions(boolean several) {
        List<HttpVersion> all = new ArrayList<>(List.of(HttpVersion.values()));
        if (random.nextBoolean()) {
            Collections.reverse(all);
        }
        return several && random.nextBoolean() ? all : all.subList(0, 1);
    }

    private <T extends Record> T section(Class<T> type) {
        return section(type, type == HealthConfig.class ? health() : Map.of());
    }

    /** Only keys that go together, whatever the pool is like. */
    private Map<String, Object> health() {
        HealthConfig standard = HealthConfig.standard();
        Map<String, Object> fixed = new HashMap<>();
        fixed.put("port", 0);
        fixed.put("service", "");
        if (random.nextBoolean()) {
            fixed.put("type", HealthConfig.Type.HTTP);
            fixed.put("headers", Map.of(text(Scalar.HEADER), one("", "a: b", "é", "#")));
            return fixed;
        }
        fixed.put("type", one(HealthConfig.Type.AUTO, HealthConfig.Type.OFF, HealthConfig.Type.TCP));
        fixed.put("path", "");
        fixed.put("method", standard.method());
        fixed.put("host", "");
        fixed.put("headers", Map.of());
        fixed.put("expect", standard.expect());
        fixed.put("contains", "");
        fixed.put("matches", "");
        return fixed;
    }

    /** Drawn, but for the values given by their keys. */
    private <T extends Record> T section(Class<T> type, Map<String, Object> fixed) {
        Shapes.Fields fields = Shapes.of(type);
        Object[] values = fields.all().stream()
                .map(field ->
                        fixed.containsKey(field.name()) ? fixed.get(field.name()) : value(field.shape(), field.key()))
                .toArray();
        return type.cast(fields.make(values));
    }

    private Object value(Shape shape, Key key) {
        return switch (shape) {
            case Shape.Single single -> single(single, key);
            case Shape.Choice choice -> any(List.of(choice.type().getEnumConstants()));
            case Shape.Many many -> list(0, () -> value(many.element(), key));
            case Shape.Named named -> {
                Map<Object, Object> map = new LinkedHashMap<>();
                for (int i = random.nextInt(3); i > 0; i--) {
                    map.put(text(named.names()), value(named.element(), key));
                }
                yield map;
            }
            case Shape.Section section -> section(section.type());
        };
    }

    private Object single(Shape.Single single, Key key) {
        return switch (single.scalar()) {
            case BOOLEAN -> random.nextBoolean();
            case INTEGER, SIZE, PERCENT -> number(single, key);
            case DURATION -> {
                long least = ((Duration) Scalar.DURATION.parse(key.min())).toMillis();
                long most = ((Duration) Scalar.DURATION.parse(key.max())).toMillis();
                long unit = one(1L, 1000L, 60_000L, 3_600_000L);
                yield Duration.ofMillis(Math.max(least, random.nextLong(least, most + 1) / unit * unit));
            }
            case BIND, SERVER -> address();
            case CIDR -> Cidr.parse(one("10.0.0.0/8", "0.0.0.0/0", "::/0", "fd00::/8", "192.0.2.1", "2001:db8::1"));
            case STATUSES -> StatusRanges.parse(one("200", "200-399", "200-299,404", "100-599"));
            case FILE_MODE,
                    ENVIRONMENT,
                    HEADER,
                    TEXT,
                    HOST,
                    HOST_NAME,
                    DOMAIN,
                    HTTPS_URL,
                    HTTP_URL,
                    ETCD_ENDPOINT,
                    NAME_AND_PORT,
                    SRV_NAME,
                    PATH,
                    TARGET,
                    PATTERN,
                    METHOD,
                    NAME,
                    FILE,
                    FILE_NAME -> text(single.scalar());
        };
    }

    private Object number(Shape.Single single, Key key) {
        long least = (Long) single.scalar().parse(key.min());
        long most = key.max().isEmpty()
                ? Long.MAX_VALUE - 1
                : (Long) single.scalar().parse(key.max());
        long unit = single.scalar() == Scalar.SIZE ? one(1L, 1024L, 1L << 20) : 1;
        long value = Math.max(least, random.nextLong(least, most + 1) / unit * unit);
        if (!key.word().isEmpty() && random.nextInt(4) == 0) {
            value = key.wordValue();
        }
        return single.type() == int.class ? (Object) (int) value : (Object) value;
    }

    /** Never the same twice: those would be refused. */
    private Address address() {
        next++;
        return Address.parse(one("host-" + next + ":80", "unix:/run/" + next, "[::1]:" + next, "10.0.0.1:" + next));
    }

    private String text(Scalar scalar) {
        return switch (scalar) {
            case HOST -> one("", "example.com", "*.example.com", "[::1]", "10.0.0.1", "null", "1");
            case PATH -> one("", "/", "/*", "/v1/*", "/a:b", "/a'\"b", "/%20");
            case TARGET -> one("", "/", "/health?full=1&a='", "/a:b");
            case PATTERN -> one("", "ok", "^\\s*\"up\" *: true", "a|b #");
            case METHOD -> one("GET", "get", "M-SEARCH", "!#$%&'*+-.^_`|~", "NULL");
            case HEADER -> one("x-beta", "~", "null", "true", "*", "123");
            case HOST_NAME -> one("", "example.com", "a_b", "10.0.0.1", "null", "1");
            case DOMAIN -> one("example.com", "a-b.example", "null", "1");
            case HTTPS_URL -> one("https://ca.example/directory", "https://[::1]:14000/dir", "https://a");
            case HTTP_URL -> one("http://a/", "https://[::1]:8500/web?x=1&y=%20", "http://registry.example");
            case ETCD_ENDPOINT -> one("http://127.0.0.1:2379", "https://etcd-1.example:2379");
            case NAME_AND_PORT -> one("web.internal:80", "web.internal.:8080", "a_b:1", "null:1");
            case SRV_NAME -> one("_http._tcp.web.internal", "web.service.consul.", "null", "1a");
            case FILE_NAME -> one("a.pem", "/etc/weir/a b.pem", "off", "é: #\\", "~", "-");
            case FILE_MODE -> one("0600", "0660", "0777");
            case ENVIRONMENT -> one("TOKEN", "_a1");
            case FILE -> one("off", "stdout", "/var/log/a b.log", "./on", "a: b #c", "é\\");
            default ->
                one("*", "1", "", " a ", "a: b", "#", "\u0000\n\t\"\\", "é", "\uD83D\uDE00", "- x", "~", "\u2028");
        };
    }

    private <T> List<T> list(int least, Supplier<T> element) {
        List<T> list = new ArrayList<>();
        for (int i = least + random.nextInt(3); i > 0; i--) {
            list.add(element.get());
        }
        return list;
    }

    private <T> T any(List<T> values) {
        return values.get(random.nextInt(values.size()));
    }

    @SafeVarargs
    private <T> T one(T... values) {
        return values[random.nextInt(values.length)];
    }
}
