package dev.weir.discovery;

import dev.weir.config.Address;
import dev.weir.config.ConfigDefaults;
import dev.weir.config.PoolConfig.ServerConfig;
import io.netty.util.NetUtil;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;

/**
 * Servers from DNS: the addresses of a name, or the targets of SRV records. Asked again when the records' time to live is
 * over, and sooner when a server that came from there cannot be reached.
 */
final class DnsSource implements ServerSource {
    /** Never more often than this, whatever happens. */
    private static final Duration SHORTEST = Duration.ofSeconds(1);
    /** How soon an answer that lacks servers is asked for again. */
    private static final Duration TO_CONFIRM = Duration.ofSeconds(5);

    private static final Duration LONGEST_BACKOFF = Duration.ofSeconds(30);
    private static final int MOST_WEIGHT = 256;

    private final Question question;
    private final SourceState state;
    private final Duration shortest;
    private final LastGood<ServerConfig> last = new LastGood<>(ServerConfig::address);
    private final Backoff backoff;
    private final Looking looking;
    private final DoubtPace doubts;

    /** What DNS is asked. */
    @FunctionalInterface
    private interface Question {
        Answer ask() throws LookupFailure, InterruptedException;
    }

    private record Answer(List<ServerConfig> servers, boolean complete, Duration ttl) {}

    private DnsSource(Question question, SourceState state, Duration minTtl) {
        this.question = question;
        this.state = state;
        this.shortest = minTtl.compareTo(SHORTEST) < 0 ? minTtl : SHORTEST;
        this.backoff = new Backoff(shortest, LONGEST_BACKOFF, new Random());
        this.looking = new Looking("weir-discovery-dns", this::look);
        this.doubts = new DoubtPace(shortest, LONGEST_BACKOFF);
    }

    /** The addresses of {@code name:port}. */
    static DnsSource addresses(Names names, String nameAndPort, SourceState state) {
        Address.Inet at = (Address.Inet) ConfigDefaults.parse(ServerConfig.class, "address", nameAndPort);
        return new DnsSource(
                () -> {
                    Names.Found found = names.addresses(at.host());
                    List<ServerConfig> servers = found.addresses().stream()
                            .map(NetUtil::toAddressString)
                            .sorted()
                            .map(address -> ServerConfig.of(new Address.Inet(address, at.port())))
                            .toList();
                    return new Answer(servers, found.complete(), found.ttl());
                },
                state,
                names.config().minTtl());
    }

    /** The targets of SRV records. */
    static DnsSource services(Names names, String name, SourceState state) {
        return new DnsSource(
                () -> {
                    Names.Services found = names.services(name);
                    return new Answer(servers(found.services()), true, found.ttl());
                },
                state,
                names.config().minTtl());
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

    @Override
    public void start(Consumer<List<ServerConfig>> servers) {
        state.start(servers);
        looking.start();
    }

    private Duration look() throws InterruptedException {
        Duration rest = doubts.looks(System.nanoTime());
        if (!rest.isZero()) {
            return rest; // it was woken too soon after the last look
        }
        try {
            Answer answer = question.ask();
            List<ServerConfig> before = last.current();
            boolean held = last.accept(answer.servers(), answer.complete());
            state.found(last.current(), held);
            backoff.worked();
            if (!before.equals(last.current())) {
                doubts.clear();
            }
            Duration pause = held && answer.ttl().compareTo(TO_CONFIRM) > 0 ? TO_CONFIRM : answer.ttl();
            return doubts.pause(pause);
        } catch (LookupFailure failure) {
            state.failed(failure.clause());
            return doubts.pause(backoff.failed());
        }
    }

    @Override
    public void doubt(Address server) {
        if (state.has(server)) {
            doubts.doubt();
            looking.wake();
        }
    }

    @Override
    public SourceReport report() {
        return state.report();
    }

    @Override
    public void close() {
        state.close();
        looking.close();
    }
}
