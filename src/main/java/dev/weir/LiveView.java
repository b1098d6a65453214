package dev.weir;

import dev.weir.admin.AdminView;
import dev.weir.control.Control;
import dev.weir.control.Difference;
import dev.weir.control.Reloader;
import dev.weir.discovery.Discovery;
import dev.weir.discovery.SourceReport;
import dev.weir.health.HealthKeeper;
import dev.weir.health.PoolReport;
import dev.weir.observe.Activity;
import dev.weir.observe.Exposition;
import dev.weir.observe.Meters;
import dev.weir.pool.Server;
import dev.weir.pool.ServerRegistry;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A running Weir in the eyes of its admin port. */
final class LiveView implements AdminView {
    private final Parts parts;
    private final Control control;
    private final Reloader reloader;
    private final Instant started = Instant.now();

    /**
     * What it looks at.
     *
     * @param notReady gives why there should be no traffic now, or an empty text
     * @param listeners gives where Weir listens now
     * @param cut see {@link Weir#cut}
     * @param upgrading has a new process take the place of this one
     */
    record Parts(
            Meters meters,
            HealthKeeper health,
            ServerRegistry servers,
            Discovery discovery,
            Supplier<String> notReady,
            Supplier<List<String>> listeners,
            BiConsumer<String, String> cut,
            Upgrading upgrading) {}

    LiveView(Parts parts, Control control, Reloader reloader) {
        this.parts = parts;
        this.control = control;
        this.reloader = reloader;
    }

    @Override
    public @Nullable String notReady() {
        String reason = parts.notReady.get();
        return reason.isEmpty() ? null : reason;
    }

    @Override
    public long upgrade() throws UpgradeFailed {
        return parts.upgrading.upgrade();
    }

    @Override
    public Exposition metrics(String accept) {
        return Exposition.of(parts.meters, accept);
    }

    @Override
    public List<PoolReport> pools() {
        return parts.health.summaries();
    }

    @Override
    public @Nullable PoolReport pool(String name) {
        return parts.health.report(name);
    }

    @Override
    public List<SourceReport> sources(String pool) {
        return parts.discovery.reports(pool);
    }

    @Override
    public Control control() {
        return control;
    }

    @Override
    public Reloader reloader() {
        return reloader;
    }

    @Override
    public Running running() {
        return new Running(Weir.version(), started, parts.listeners.get());
    }

    @Override
    public Activity activity() {
        return parts.meters.activity();
    }

    @Override
    public int inFlight(String pool, String server) {
        return find(pool, server).mapToInt(Server::inFlight).sum();
    }

    @Override
    public void cut(String pool, String server) {
        parts.cut.accept(pool, server);
    }

    @Override
    public Difference.Load load() {
        Map<String, Map<String, Integer>> busy = new HashMap<>();
        all().filter(server -> server.inFlight() > 0)
                .forEach(server -> busy.computeIfAbsent(server.pool(), _ -> new HashMap<>())
                        .merge(server.name(), server.inFlight(), Integer::sum));
        return (pool, server) -> busy.getOrDefault(pool, Map.of()).getOrDefault(server, 0);
    }

    private Stream<Server> all() {
        return Stream.concat(parts.servers.servers().stream(), parts.servers.leaving().stream());
    }

    private Stream<Server> find(String pool, String server) {
        return all().filter(each -> each.pool().equals(pool) && each.name().equals(server));
    }
}
