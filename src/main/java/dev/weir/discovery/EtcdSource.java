package dev.weir.discovery;

import dev.weir.config.Address;
import dev.weir.config.ConfigReader;
import dev.weir.config.DiscoverConfig;
import dev.weir.config.PoolConfig;
import dev.weir.config.PoolConfig.ServerConfig;
import dev.weir.config.ServersResult;
import dev.weir.etcd.EtcdClient;
import dev.weir.etcd.EtcdMirror;
import dev.weir.etcd.KeyValue;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Servers from etcd: the value of each key below a prefix is one. What etcd has is believed at once, also that a key is
 * gone; but not that it has come back without its data.
 */
final class EtcdSource implements ServerSource, EtcdMirror.Listener {
    /** How long a watch may be silent before it is compared with what is there. */
    private static final Duration AUDIT = Duration.ofSeconds(15);
    /** How long services have to put their keys again into an etcd that has lost them. */
    private static final Duration DOUBT = Duration.ofSeconds(10);
    /** Until authorities are tried again that cannot be read. */
    private static final Duration UNREADABLE = Duration.ofSeconds(10);

    private final DiscoverConfig.Etcd config;
    private final Supplier<PoolConfig> pool;
    private final SourceState state;
    private final Looking opening = new Looking("weir-discovery-etcd", this::open);
    private final Map<String, Read> read = new HashMap<>();
    private @Nullable EtcdMirror mirror;
    private boolean closed;

    /** A value that was read: its server is the last good one of the key, if it ever had one. */
    private record Read(long revision, @Nullable ServerConfig server, String fault) {}

    EtcdSource(DiscoverConfig.Etcd config, Supplier<PoolConfig> pool, SourceState state) {
        this.config = config;
        this.pool = pool;
        this.state = state;
    }

    @Override
    public void start(Consumer<List<ServerConfig>> servers) {
        state.start(servers);
        opening.start();
    }

    private synchronized Duration open() {
        if (mirror != null || closed) {
            return Duration.ofDays(1);
        }
        Secret password = new Secret("password", config.passwordFile(), config.passwordEnv());
        EtcdClient client;
        try {
            EtcdClient.Login login = new EtcdClient.Login(config.user(), password::read);
            client = new EtcdClient(config.endpoints(), login, config.ca());
        } catch (IOException unreadable) {
            state.failed(String.valueOf(unreadable.getMessage()));
            return UNREADABLE;
        }
        mirror = new EtcdMirror(client, config.prefix(), AUDIT, DOUBT, this);
        mirror.start();
        return Duration.ofDays(1);
    }

    @Override
    public void present(SortedMap<String, KeyValue> keys) {
        read.keySet().retainAll(keys.keySet());
        List<ServerConfig> servers = new ArrayList<>();
        Set<Address> taken = new HashSet<>();
        String fault = "";
        for (KeyValue key : keys.values()) {
            Read known = read.get(key.key());
            if (known == null || known.revision() != key.revision()) {
                known = read(key, known);
                read.put(key.key(), known);
            }
            fault = fault.isEmpty() ? known.fault() : fault;
            if (known.server() != null && taken.add(known.server().address())) {
                servers.add(known.server());
            }
        }
        state.found(servers);
        state.note(fault);
    }

    private Read read(KeyValue key, @Nullable Read before) {
        ServerConfig last = before == null ? null : before.server();
        return switch (ConfigReader.server(key.key(), key.value(), pool.get())) {
            case ServersResult.Faulty faulty -> new Read(key.revision(), last, faulty.message());
            case ServersResult.Sound(List<ServerConfig> servers) -> new Read(key.revision(), servers.getFirst(), "");
        };
    }

    @Override
    public void failed(String why) {
        state.failed(why);
    }

    @Override
    public void doubt(Address server) {
        // etcd tells by itself of what changes.
    }

    @Override
    public SourceReport report() {
        return state.report();
    }

    @Override
    public synchronized void close() {
        closed = true;
        state.close();
        opening.close();
        if (mirror != null) {
            mirror.close();
        }
    }
}
