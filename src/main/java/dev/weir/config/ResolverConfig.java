package dev.weir.config;

import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * How names are resolved.
 *
 * @param servers empty for those of the system
 */
public record ResolverConfig(
        @Key(
                doc = "The addresses and ports of the DNS servers, as in `10.0.0.2:53`, in the order in which they are "
                        + "asked. Without any, those of `/etc/resolv.conf`; where that has none, names are left to the "
                        + "operating system.",
                kind = Scalar.SERVER)
        List<Address> servers,

        @Key(
                doc = "Which addresses of a name are in use: `ipv4` (A records), `ipv6` (AAAA records), or `both`.",
                def = "both")
        Addresses addresses,

        @Key(
                doc = "How long a DNS server may take before the next is asked. Each is asked twice.",
                def = "2s",
                min = "10ms",
                max = "1m",
                kind = Scalar.DURATION)
        Duration timeout,

        @Key(
                doc = "The least time after which a name is looked up again, however short its records live.",
                def = "1s",
                min = "100ms",
                max = "1h",
                kind = Scalar.DURATION)
        Duration minTtl,

        @Key(
                doc = "The longest time after which a name is looked up again, however long its records live.",
                def = "1m",
                min = "100ms",
                max = "24h",
                kind = Scalar.DURATION)
        Duration maxTtl) {
    /** Kinds of addresses. */
    public enum Addresses {
        BOTH,
        IPV4,
        IPV6
    }

    public ResolverConfig {
        servers = List.copyOf(servers);
    }

    /** What holds when nothing is said. */
    public static ResolverConfig standard() {
        return ConfigDefaults.of(ResolverConfig.class, Map.of());
    }
}
