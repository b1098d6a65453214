package dev.weir;

import dev.weir.config.Address;
import dev.weir.config.ResolverConfig;
import dev.weir.discovery.Backoff;
import dev.weir.discovery.DoubtPace;
import dev.weir.discovery.LastGood;
import dev.weir.discovery.LookupFailure;
import dev.weir.discovery.Names;
import dev.weir.pool.Server;
import dev.weir.pool.ServerRegistry;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives servers the addresses to connect to: at once for literals, by looking them up for names, which stay one server each
 * however many addresses they have. A name is looked up again when its time to live is over, and at once when its server
 * cannot be reached. What is known of a name is kept through failures, and becomes less only when two answers agree.
 * Control plane: blocks.
 */
final class NameResolution implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NameResolution.class);
    /** How long a start or a change waits for names; they are looked up all the same after that. */
    private static final Duration PATIENCE = Duration.ofSeconds(3);

    private static final Duration SHORTEST = Duration.ofSeconds(1);
    private static final Duration LONGEST = Duration.ofSeconds(30);
    private static final Duration TO_CONFIRM = Duration.ofSeconds(5);
    /** How often it is looked which servers there are. */
    private static final Duration SWEEP = Duration.ofSeconds(5);
    /** How many names are looked up at once. */
    private static final int AT_ONCE = 64;

    private final ServerRegistry servers;
    private final boolean nativeSockets;
    private final Map<Server, Name> known = new ConcurrentHashMap<>();
    private final Semaphore places = new Semaphore(AT_ONCE);
    private final Semaphore wakes = new Semaphore(0);
    private volatile Names names;
    private volatile ResolverConfig config;
    private final Thread thread = Thread.ofVirtual().name("weir-names").unstarted(this::keepResolving);
    /** Of the thread that keeps resolving. */
    private long swept = System.nanoTime();

    NameResolution(ServerRegistry servers, boolean nativeSockets, ResolverConfig config) {
        this.servers = servers;
        this.nativeSockets = nativeSockets;
        this.config = config;
        this.names = new Names(config);
    }

    /** From now on names are looked up again when that is due. */
    void start() {
        thread.start();
    }

    /** Names are looked up so from now on. */
    void change(ResolverConfig next) {
        if (!next.equals(config)) {
            Names former = names;
            config = next;
            names = new Names(next);
            former.close();
            known.values().forEach(name -> name.due = System.nanoTime());
            wakes.release();
        }
    }

    /** A name that is looked up. One look-up of it is under way at a time, and all that is not volatile belongs to that. */
    private final class Name {
        private final Server server;
        private final Address.Inet address;
        private final LastGood<InetAddress> last = new LastGood<>(each -> each);
        private final Backoff backoff = new Backoff(SHORTEST, LONGEST, new Random());
        private final DoubtPace doubts = new DoubtPace(SHORTEST, LONGEST);
        private final AtomicBoolean busy = new AtomicBoolean();
        private volatile long due = System.nanoTime();
        private volatile boolean doubted;
        private String fault = "";

        Name(Server server, Address.Inet address) {
            this.server = server;
            this.address = address;
        }

        void lookUp() throws InterruptedException {
            doubted = false;
            Duration rest = doubts.looks(System.nanoTime());
            Duration pause = rest.isZero() ? doubts.pause(asked()) : rest;
            due = System.nanoTime() + pause.toNanos();
            if (doubted) {
                due = System.nanoTime(); // what was just found may be older than the doubt
            }
        }

        /** How long what was found is good for. */
        private Duration asked() throws InterruptedException {
            try {
                Names.Found found = names.addresses(address.host());
                List<InetAddress> before = last.current();
                boolean held = last.accept(found.addresses(), found.complete());
                if (!before.equals(last.current())) {
                    doubts.clear();
                    publish();
                }
                backoff.worked();
                say("");
                return held && found.ttl().compareTo(TO_CONFIRM) > 0 ? TO_CONFIRM : found.ttl();
            } catch (LookupFailure failure) {
                say(String.valueOf(failure.getMessage()));
                return backoff.failed();
            }
        }

        private void publish() {
            SocketAddress[] endpoints = last.current().stream()
                    .map(each -> new InetSocketAddress(each, address.port()))
                    .toArray(SocketAddress[]::new);
            if (!Arrays.equals(endpoints, server.endpoints())) {
                server.endpoints(endpoints);
            }
        }

        /** Each fault once. */
        private void say(String now) {
            if (now.equals(fault)) {
                return;
            }
            fault = now;
            if (now.isEmpty()) {
                LOG.warn("server {}: its name can be resolved again", server);
            } else {
                String stay = last.current().isEmpty() ? "" : "; its last addresses stay in use";
                LOG.warn("server {}: the name {} cannot be resolved: {}{}", server, address.host(), now, stay);
            }
        }
    }

    /** Gives these servers their addresses; those of names when they are known, or a little later. */
    void resolve(List<Server> some) {
        List<Name> added = new ArrayList<>();
        for (Server server : some) {
            switch (server.address()) {
                case Address.Unix unix -> server.endpoints(new SocketAddress[] {unixEndpoint(unix)});
                case Address.Inet inet -> {
                    byte[] literal = NetUtil.createByteArrayFromIpAddressString(inet.host());
                    if (literal != null) {
                        server.endpoints(literal(literal, inet.port()));
                    } else {
                        added.add(new Name(server, inet));
                    }
                }
            }
        }
        CountDownLatch first = new CountDownLatch(added.size());
        added.forEach(name -> {
            known.put(name.server, name);
            begin(name, first::countDown);
        });
        await(first);
    }

    private static void await(CountDownLatch first) {
        try {
            if (!first.await(PATIENCE.toNanos(), TimeUnit.NANOSECONDS)) {
                LOG.warn("some names of servers take long to resolve; it goes on without them for now");
            }
        } catch (InterruptedException hurried) {
            Thread.currentThread().interrupt();
        }
    }

    /** Looks a name up on a thread of its own, unless that is under way. */
    private void begin(Name name, Runnable then) {
        if (!name.busy.compareAndSet(false, true)) {
            then.run();
            return;
        }
        Thread.ofVirtual().name("weir-name").start(() -> {
            try {
                places.acquire();
                try {
                    name.lookUp();
                } finally {
                    places.release();
                }
            } catch (InterruptedException nobodyDoes) {
                Thread.currentThread().interrupt();
            } finally {
                name.busy.set(false);
                then.run();
                wakes.release();
            }
        });
    }

    private void keepResolving() {
        try {
            while (true) {
                long pause = begin(System.nanoTime());
                if (wakes.tryAcquire(pause, TimeUnit.NANOSECONDS)) {
                    wakes.drainPermits();
                }
            }
        } catch (InterruptedException end) {
            Thread.currentThread().interrupt();
        }
    }

    /** Begins what is due; returns how long until the next is. */
    private long begin(long now) {
        long pause = LONGEST.toNanos();
        List<Name> due = new ArrayList<>();
        for (Name name : known.values()) {
            if (name.busy.get()) {
                continue; // its end wakes
            }
            long rest = name.due - now;
            if (rest <= 0) {
                due.add(name);
            } else {
                pause = Math.min(pause, rest);
            }
        }
        if (!due.isEmpty() || now - swept > SWEEP.toNanos()) {
            Set<Server> inUse = sweep(now);
            due.removeIf(name -> !inUse.contains(name.server));
            due.forEach(name -> begin(name, () -> {}));
        }
        return Math.min(pause, SWEEP.toNanos());
    }

    /** Names of servers that are gone are looked up no more; those of servers that are back again are. */
    private Set<Server> sweep(long now) {
        swept = now;
        Set<Server> inUse = new HashSet<>(servers.servers());
        known.keySet().retainAll(inUse);
        for (Server server : inUse) {
            if (server.address() instanceof Address.Inet inet && isName(inet)) {
                known.computeIfAbsent(server, each -> new Name(each, inet));
            }
        }
        return inUse;
    }

    private static boolean isName(Address.Inet address) {
        return NetUtil.createByteArrayFromIpAddressString(address.host()) == null;
    }

    /** A server cannot be reached: its name, if it has one, is looked up at once. Any thread; does not block. */
    void doubt(Server server) {
        Name name = known.get(server);
        if (name != null) {
            name.doubts.doubt();
            name.due = System.nanoTime();
            name.doubted = true;
            wakes.release();
        }
    }

    private SocketAddress unixEndpoint(Address.Unix unix) {
        return nativeSockets ? new DomainSocketAddress(unix.path()) : UnixDomainSocketAddress.of(unix.path());
    }

    private static SocketAddress[] literal(byte[] address, int port) {
        try {
            return new SocketAddress[] {new InetSocketAddress(InetAddress.getByAddress(address), port)};
        } catch (UnknownHostException impossible) {
            throw new IllegalArgumentException("an address of " + address.length + " bytes", impossible);
        }
    }

    @Override
    public void close() {
        thread.interrupt();
        names.close();
    }
}
