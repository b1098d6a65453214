package dev.weir;

import dev.weir.config.AccessLogConfig;
import dev.weir.config.Address;
import dev.weir.config.BalanceConfig;
import dev.weir.config.Cidr;
import dev.weir.config.ConfigDefaults;
import dev.weir.config.HealthConfig;
import dev.weir.config.ListenerConfig;
import dev.weir.config.PoolConfig;
import dev.weir.config.PoolTls;
import dev.weir.config.WeirConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code weir :8080 a:80 b:80}: a configuration of one listener and one pool out of words and options. */
@Command(
        name = "weir",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        customSynopsis = "weir LISTEN SERVER... [OPTION...]",
        description = {"Listens at one address and shares the requests among the servers.", ""})
final class QuickStart {
    /** The pool's name, in metrics and in the admin API. */
    static final String POOL = "default";

    private static final String HTTP = "http://";
    private static final String HTTPS = "https://";

    @Parameters(
            arity = "1..*",
            paramLabel = "LISTEN SERVER",
            description =
                    "Where to listen (:8080, localhost:8080, [::1]:80, unix:/path), then the servers (host:port, or https://host:port).")
    private List<String> addresses = new ArrayList<>();

    @Option(
            names = "--balance",
            paramLabel = "POLICY",
            description = "round-robin, least-requests, p2c or random. Default: least-requests.")
    private String balance = "";

    @Option(
            names = "--health-path",
            paramLabel = "PATH",
            description = "Check servers by requests for this path. Default: by connecting.")
    private String healthPath = "";

    @Option(names = "--health-every", paramLabel = "DURATION", description = "Check this often. Default: 2s.")
    private String healthEvery = "";

    @Option(names = "--connect-timeout", paramLabel = "DURATION", description = "Default: 1s.")
    private String connectTimeout = "";

    @Option(names = "--first-byte-timeout", paramLabel = "DURATION", description = "Default: 30s.")
    private String firstByteTimeout = "";

    @Option(
            names = "--trusted-proxy",
            paramLabel = "RANGE",
            description = "Believe the forwarding fields that come from here (10.0.0.0/8). May be repeated.")
    private List<String> trustedProxies = new ArrayList<>();

    @Option(names = "--via", description = "Add Via to requests and responses.")
    private boolean via;

    @Option(names = "--access-log", paramLabel = "PATH", description = "A file, or stdout. Default: off.")
    private String accessLog = "";

    @Option(names = "--log-format", paramLabel = "FORMAT", description = "json or combined. Default: json.")
    private String logFormat = "";

    @Option(names = "--admin", paramLabel = "ADDRESS", description = "The admin port: API and metrics. Default: none.")
    private String admin = "";

    @Option(names = "--event-loops", paramLabel = "NUMBER", description = "Default: one per processor.")
    private String eventLoops = "";

    QuickStart() {}

    QuickStart(List<String> addresses) {
        this.addresses = addresses;
    }

    /** Whether the first word is one to listen at rather than a command. */
    static boolean looksLikeAddress(String word) {
        return word.indexOf(':') >= 0;
    }

    /** The configuration meant. */
    WeirConfig config() throws Cli.Misuse {
        if (addresses.size() < 2) {
            throw new Cli.Misuse("there is no server to share the requests among, as in 'weir :8080 localhost:9001'");
        }
        Address bind = read(addresses.getFirst(), ListenerConfig.class, "bind", addresses.getFirst(), Address.class);
        Map<String, Object> given = new HashMap<>();
        given.put("listeners", List.of(listener(bind)));
        given.put("pools", Map.of(POOL, pool()));
        given.put("accessLog", accessLog());
        if (!eventLoops.isEmpty()) {
            given.put("eventLoops", read("--event-loops", WeirConfig.class, "event-loops", eventLoops, Integer.class));
        }
        if (!admin.isEmpty()) {
            Address address = read("--admin", WeirConfig.AdminConfig.class, "bind", admin, Address.class);
            if (address.equals(bind) && !isEphemeral(bind)) {
                throw new Cli.Misuse("--admin: " + address + " is taken already by the listener");
            }
            given.put("admin", new WeirConfig.AdminConfig(address));
        }
        return ConfigDefaults.of(WeirConfig.class, given);
    }

    private static boolean isEphemeral(Address address) {
        return address instanceof Address.Inet inet && inet.port() == 0;
    }

    private ListenerConfig listener(Address bind) throws Cli.Misuse {
        List<Cidr> trusted = new ArrayList<>();
        for (String range : trustedProxies) {
            trusted.add(read("--trusted-proxy", ListenerConfig.class, "trusted-proxies", range, Cidr.class));
        }
        ListenerConfig.Forwarding forwarding = ConfigDefaults.of(ListenerConfig.Forwarding.class, Map.of("via", via));
        return ConfigDefaults.of(
                ListenerConfig.class, Map.of("bind", bind, "trustedProxies", trusted, "forwarding", forwarding));
    }

    private PoolConfig pool() throws Cli.Misuse {
        Map<String, Object> given = new HashMap<>();
        given.put("servers", servers());
        given.put("timeouts", timeouts());
        given.put("health", health());
        if (overTls()) {
            given.put("tls", ConfigDefaults.of(PoolTls.class, Map.of()));
        }
        if (!balance.isEmpty()) {
            given.put("balance", read("--balance", PoolConfig.class, "balance", balance, BalanceConfig.class));
        }
        return ConfigDefaults.of(PoolConfig.class, given);
    }

    private List<PoolConfig.ServerConfig> servers() throws Cli.Misuse {
        List<PoolConfig.ServerConfig> servers = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        for (String word : addresses.subList(1, addresses.size())) {
            Address address = read(word, PoolConfig.ServerConfig.class, "address", authority(word), Address.class);
            if (!seen.add(address.toString().toLowerCase(Locale.ROOT))) {
                throw new Cli.Misuse("the server " + address + " is given twice");
            }
            servers.add(PoolConfig.ServerConfig.of(address));
        }
        return servers;
    }

    /** The host and port of a server, which may be a URL as people paste it. */
    private static String authority(String word) throws Cli.Misuse {
        if (word.startsWith(HTTP)) {
            return authority(word, HTTP, 80);
        }
        return word.startsWith(HTTPS) ? authority(word, HTTPS, 443) : word;
    }

    private static String authority(String word, String scheme, int port) throws Cli.Misuse {
        String rest = word.substring(scheme.length());
        String authority = rest.endsWith("/") ? rest.substring(0, rest.length() - 1) : rest;
        if (authority.indexOf('/') >= 0) {
            throw new Cli.Misuse(word + ": a server has no path, only a host and a port");
        }
        return authority.lastIndexOf(':') > authority.lastIndexOf(']') ? authority : authority + ":" + port;
    }

    private boolean overTls() throws Cli.Misuse {
        List<String> plain = addresses.stream()
                .skip(1)
                .filter(word -> !word.startsWith(HTTPS))
                .toList();
        if (!plain.isEmpty() && plain.size() < addresses.size() - 1) {
            throw new Cli.Misuse(plain.getFirst()
                    + ": either all servers are given as https://host:port and spoken to over TLS, or none");
        }
        return plain.isEmpty();
    }

    private HealthConfig health() throws Cli.Misuse {
        Map<String, Object> given = new HashMap<>();
        if (!healthPath.isEmpty()) {
            given.put("path", read("--health-path", HealthConfig.class, "path", healthPath, String.class));
        }
        if (!healthEvery.isEmpty()) {
            given.put("every", read("--health-every", HealthConfig.class, "every", healthEvery, Duration.class));
        }
        return ConfigDefaults.of(HealthConfig.class, given);
    }

    private PoolConfig.Timeouts timeouts() throws Cli.Misuse {
        Class<PoolConfig.Timeouts> type = PoolConfig.Timeouts.class;
        Map<String, Object> given = new HashMap<>();
        if (!connectTimeout.isEmpty()) {
            given.put("connect", read("--connect-timeout", type, "connect", connectTimeout, Duration.class));
        }
        if (!firstByteTimeout.isEmpty()) {
            given.put("firstByte", read("--first-byte-timeout", type, "first-byte", firstByteTimeout, Duration.class));
        }
        return ConfigDefaults.of(type, given);
    }

    private AccessLogConfig accessLog() throws Cli.Misuse {
        Class<AccessLogConfig> type = AccessLogConfig.class;
        if (accessLog.isEmpty() && !logFormat.isEmpty()) {
            throw new Cli.Misuse("--log-format says nothing without --access-log");
        }
        AccessLogConfig.Format format = logFormat.isEmpty()
                ? AccessLogConfig.Format.JSON
                : read("--log-format", type, "format", logFormat, AccessLogConfig.Format.class);
        String path = accessLog.isEmpty() ? "off" : read("--access-log", type, "path", accessLog, String.class);
        return AccessLogConfig.of(path, format);
    }

    private static <T> T read(String word, Class<? extends Record> type, String key, String text, Class<T> value)
            throws Cli.Misuse {
        try {
            return value.cast(ConfigDefaults.parse(type, key, text));
        } catch (IllegalArgumentException refused) {
            throw new Cli.Misuse(word + ": " + refused.getMessage());
        }
    }
}
