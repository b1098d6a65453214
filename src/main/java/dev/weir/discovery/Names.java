package dev.weir.discovery;

import static java.util.Objects.requireNonNull;

import dev.weir.config.Address;
import dev.weir.config.ResolverConfig;
import dev.weir.discovery.DnsClient.Data;
import io.netty.handler.codec.dns.DnsRecordType;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Looks names up: in the hosts file, by DNS with the records' times to live, and by the operating system where that knows
 * more. Remembers nothing of the answers. Blocks, for virtual threads.
 */
public final class Names implements AutoCloseable {
    /** How long what has no time to live is believed: the hosts file, and what the operating system says. */
    private static final Duration WITHOUT_TTL = Duration.ofSeconds(10);

    private final ResolverConfig config;
    private final SystemConfig system;
    /** Made with the first question: most names are no matter of DNS, and it takes its time. Guarded by this. */
    private @Nullable DnsClient client;

    private boolean closed;
    private final ExecutorService threads = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("weir-name-", 0).factory());

    /**
     * The addresses of a name.
     *
     * @param addresses at least one; those of IPv4 first
     * @param complete whether both kinds of addresses were asked for with success
     * @param ttl within the configured bounds
     */
    public record Found(List<InetAddress> addresses, boolean complete, Duration ttl) {}

    /** A target of SRV records. */
    record Service(int priority, int weight, String host, int port) {}

    /** The targets at a name, at least one. */
    record Services(List<Service> services, Duration ttl) {}

    public Names(ResolverConfig config) {
        this(config, SystemConfig.ofThisMachine());
    }

    Names(ResolverConfig config, SystemConfig system) {
        this.config = config;
        this.system = system;
    }

    ResolverConfig config() {
        return config;
    }

    /**
     * All addresses of a name.
     *
     * @throws LookupFailure when there are none, or nobody says which
     */
    public Found addresses(String name) throws LookupFailure, InterruptedException {
        String plain = DnsClient.undotted(name).toLowerCase(Locale.ROOT);
        List<InetAddress> known = ofKinds(local(plain));
        if (!known.isEmpty()) {
            return new Found(known, true, bounded(WITHOUT_TTL));
        }
        if (plain.equals("invalid") || plain.endsWith(".invalid")) {
            throw new LookupFailure("there is no such name: 'invalid' is kept for names that never exist", true);
        }
        SystemConfig.Servers servers = servers();
        if (servers.addresses().isEmpty()) {
            return bySystem(plain, new LookupFailure("the operating system knows no such name", true));
        }
        try {
            return first(name, servers, this::addresses);
        } catch (LookupFailure failure) {
            if (!failure.absent() || !config.servers().isEmpty()) {
                throw failure;
            }
            // Not everything that the system knows is in DNS: containers, the local network, directories.
            return bySystem(plain, failure);
        }
    }

    /**
     * The targets of the SRV records at a name.
     *
     * @throws LookupFailure when there are none, or nobody says which
     */
    Services services(String name) throws LookupFailure, InterruptedException {
        SystemConfig.Servers servers = servers();
        if (servers.addresses().isEmpty()) {
            throw new LookupFailure("there is no DNS server in /etc/resolv.conf; write one under 'resolver'", false);
        }
        return first(name, servers, this::services);
    }

    private Services services(String name, List<InetSocketAddress> servers) throws LookupFailure, InterruptedException {
        DnsLookup.Answer answer = new DnsLookup(client(), servers, DnsRecordType.SRV).find(name);
        List<Service> found = new ArrayList<>();
        for (Data data : answer.data()) {
            // A target of "." says that there is no such service (RFC 2782).
            if (data instanceof Data.Service one && !one.target().isEmpty() && one.port() > 0) {
                found.add(new Service(one.priority(), one.weight(), one.target(), one.port()));
            }
        }
        if (found.isEmpty()) {
            throw answer.absent("SRV record that leads somewhere");
        }
        return new Services(found, bounded(answer.ttl()));
    }

    // ---- without DNS ----

    private List<InetAddress> local(String name) {
        List<InetAddress> hosts = system.hosts(name);
        boolean local = name.equals("localhost") || name.endsWith(".localhost");
        return hosts.isEmpty() && local ? List.of(InetAddress.getLoopbackAddress()) : hosts;
    }

    private Found bySystem(String name, LookupFailure otherwise) throws LookupFailure {
        try {
            List<InetAddress> found = ofKinds(List.of(InetAddress.getAllByName(name)));
            if (!found.isEmpty()) {
                return new Found(found, true, bounded(WITHOUT_TTL));
            }
        } catch (UnknownHostException unknown) {
            otherwise.addSuppressed(unknown);
        }
        throw otherwise;
    }

    /** Those of the kinds that are wanted, IPv4 first. */
    private List<InetAddress> ofKinds(List<InetAddress> addresses) {
        List<InetAddress> wanted = new ArrayList<>();
        for (DnsRecordType type : types()) {
            boolean six = type.equals(DnsRecordType.AAAA);
            addresses.stream()
                    .filter(each -> (each instanceof Inet6Address) == six)
                    .forEach(wanted::add);
        }
        return wanted;
    }

    private List<DnsRecordType> types() {
        return switch (config.addresses()) {
            case BOTH -> List.of(DnsRecordType.A, DnsRecordType.AAAA);
            case IPV4 -> List.of(DnsRecordType.A);
            case IPV6 -> List.of(DnsRecordType.AAAA);
        };
    }

    private Duration bounded(Duration ttl) {
        if (ttl.compareTo(config.minTtl()) < 0) {
            return config.minTtl();
        }
        return ttl.compareTo(config.maxTtl()) > 0 ? config.maxTtl() : ttl;
    }

    // ---- by DNS ----

    private SystemConfig.Servers servers() {
        if (config.servers().isEmpty()) {
            return system.servers();
        }
        List<InetSocketAddress> servers = new ArrayList<>();
        for (Address server : config.servers()) {
            if (server instanceof Address.Inet inet) {
                servers.add(new InetSocketAddress(InetAddress.ofLiteral(inet.host()), inet.port()));
            }
        }
        return new SystemConfig.Servers(servers, List.of(), 1);
    }

    /** The names that a name may stand for, in the order in which they are tried; without final dots. */
    static List<String> candidates(String name, SystemConfig.Servers servers) {
        String plain = DnsClient.undotted(name);
        if (name.endsWith(".")) {
            return List.of(plain);
        }
        List<String> candidates = new ArrayList<>();
        servers.search().forEach(domain -> candidates.add(plain + "." + DnsClient.undotted(domain)));
        boolean first = plain.chars().filter(c -> c == '.').count() >= servers.ndots();
        candidates.add(first ? 0 : candidates.size(), plain);
        return candidates;
    }

    /** Something that is looked up at one complete name. */
    @FunctionalInterface
    private interface LookUp<T> {
        T at(String name, List<InetSocketAddress> servers) throws LookupFailure, InterruptedException;
    }

    /** What is found at the first name that has it. */
    private static <T> T first(String name, SystemConfig.Servers servers, LookUp<T> lookUp)
            throws LookupFailure, InterruptedException {
        LookupFailure first = null;
        for (String candidate : candidates(name, servers)) {
            try {
                return lookUp.at(candidate, servers.addresses());
            } catch (LookupFailure failure) {
                if (!failure.absent()) {
                    throw failure; // the next name could be another machine's
                }
                first = first == null ? failure : first;
            }
        }
        throw requireNonNull(first);
    }

    private Found addresses(String name, List<InetSocketAddress> servers) throws LookupFailure, InterruptedException {
        List<Future<DnsLookup.Answer>> asked = new ArrayList<>();
        try {
            for (DnsRecordType type : types()) {
                asked.add(threads.submit(() -> new DnsLookup(client(), servers, type).find(name)));
            }
        } catch (RejectedExecutionException closed) {
            throw new LookupFailure("it has just been configured anew", false);
        }
        List<InetAddress> found = new ArrayList<>();
        Duration ttl = config.maxTtl();
        LookupFailure absent = null;
        LookupFailure failed = null;
        for (Future<DnsLookup.Answer> each : asked) {
            try {
                DnsLookup.Answer answer = outcome(each);
                answer.data().forEach(data -> found.add(((Data.Address) data).address()));
                absent = answer.absent("address");
                ttl = answer.data().isEmpty() || ttl.compareTo(answer.ttl()) < 0 ? ttl : answer.ttl();
            } catch (LookupFailure failure) {
                failed = failure;
            }
        }
        if (found.isEmpty()) {
            throw failed == null ? requireNonNull(absent) : failed;
        }
        return new Found(found, failed == null, bounded(ttl));
    }

    private static DnsLookup.Answer outcome(Future<DnsLookup.Answer> asked) throws LookupFailure, InterruptedException {
        try {
            return asked.get();
        } catch (ExecutionException failed) {
            if (failed.getCause() instanceof LookupFailure failure) {
                throw failure;
            }
            throw new IllegalStateException(failed.getCause());
        }
    }

    private synchronized DnsClient client() throws LookupFailure {
        if (closed) {
            throw new LookupFailure("it has just been configured anew", false);
        }
        DnsClient known = client;
        if (known == null) {
            known = new DnsClient(config.timeout());
            client = known;
        }
        return known;
    }

    @Override
    public synchronized void close() {
        closed = true;
        threads.shutdownNow();
        if (client != null) {
            client.close();
        }
    }
}
