package dev.weir.discovery;

import dev.weir.config.Address;
import dev.weir.config.ConfigDefaults;
import dev.weir.config.PoolConfig.ServerConfig;
import dev.weir.config.ResolverConfig;
import io.netty.util.NetUtil;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** Servers from DNS: the addresses of a name, or the targets of SRV records. An answer is good for its time to live. */
final class DnsQuestion implements AskedSource.Question {
    /** Never more often than this, whatever happens. */
    private static final Duration SHORTEST = Duration.ofSeconds(1);
    /** How soon an answer that lacks servers is asked for again. */
    private static final Duration TO_CONFIRM = Duration.ofSeconds(5);

    private static final Duration LONGEST_BACKOFF = Duration.ofSeconds(30);
    private static final int MOST_WEIGHT = 256;

    private final Lookup lookup;
    private final LastGood<ServerConfig> last = new LastGood<>(ServerConfig::address);

    /** What DNS is asked for. */
    @FunctionalInterface
    private interface Lookup {
        Found lookUp() throws LookupFailure, InterruptedException;
    }

    private record Found(List<ServerConfig> servers, boolean complete, Duration ttl) {}

    private DnsQuestion(Lookup lookup) {
        this.lookup = lookup;
    }

    /** The addresses of {@code name:port}. */
    static DnsQuestion addresses(Names names, String nameAndPort) {
        Address.Inet at = (Address.Inet) ConfigDefaults.parse(ServerConfig.class, "address", nameAndPort);
        return new DnsQuestion(() -> {
            Names.Found found = names.addresses(at.host());
            List<ServerConfig> servers = found.addresses().stream()
                    .map(NetUtil::toAddressString)
                    .sorted()
                    .map(address -> ServerConfig.of(new Address.Inet(address, at.port())))
                    .toList();
            return new Found(servers, found.complete(), found.ttl());
        });
    }

    /** The targets of SRV records. */
    static DnsQuestion services(Names names, String name) {
        return new DnsQuestion(() -> {
            Names.Services found = names.services(name);
            return new Found(servers(found.services()), true, found.ttl());
        });
    }

    static AskedSource.Pace pace(ResolverConfig config) {
        Duration shortest = config.minTtl().compareTo(SHORTEST) < 0 ? config.minTtl() : SHORTEST;
        return new AskedSource.Pace(shortest, shortest, shortest, LONGEST_BACKOFF);
    }

    @Override
    public AskedSource.Answer ask() throws LookupFailure, InterruptedException {
        Found found = lookup.lookUp();
        boolean held = last.accept(found.servers(), found.complete());
        Duration good = held && found.ttl().compareTo(TO_CONFIRM) > 0 ? TO_CONFIRM : found.ttl();
        return new AskedSource.Answer(last.current(), held, good);
    }

    /** Those of the best priority, and all others as backups; each keeps its share among its like. */
    static List<ServerConfig> servers(List<Names.Service> services) {
        int best = services.stream().mapToInt(Names.Service::priority).min().orElse(0);
        List<ServerConfig> servers = new ArrayList<>();
        services.stream()
                .sorted(Comparator.comparingInt(Names.Service::priority)
                        .thenComparing(Names.Service::host)
                        .thenComparingInt(Names.Service::port))
                .forEach(service -> {
                    boolean backup = service.priority() > best;
                    int greatest = services.stream()
                            .filter(other -> other.priority() > best == backup)
                            .mapToInt(Names.Service::weight)
                            .max()
                            .orElse(1);
                    servers.add(ConfigDefaults.of(
                            ServerConfig.class,
                            Map.of(
                                    "address",
                                    new Address.Inet(service.host(), service.port()),
                                    "weight",
                                    weight(service.weight(), greatest),
                                    "backup",
                                    backup)));
                });
        return servers;
    }

    /** From 16 bits to 8; a weight of 0 means little there and nothing here. */
    private static int weight(int weight, int greatest) {
        int scaled = greatest <= MOST_WEIGHT ? weight : Math.round((float) weight * MOST_WEIGHT / greatest);
        return Math.max(1, scaled);
    }
}
