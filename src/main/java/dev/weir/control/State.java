package dev.weir.control;

import dev.weir.config.PoolConfig;
import dev.weir.config.PoolConfig.ServerConfig;
import dev.weir.config.WeirConfig;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What {@link Control} knows at one moment. Immutable.
 *
 * @param base the file's configuration
 * @param version which one of the file's it is
 * @param baseSince since when it is the one
 * @param revision of the overlay, in its store
 * @param discovered servers that were found, by pool and by source
 * @param effective the configuration that holds
 */
public record State(
        WeirConfig base,
        String version,
        Instant baseSince,
        Overlay overlay,
        long revision,
        Map<String, Map<String, List<ServerConfig>>> discovered,
        Effective effective) {
    public State {
        discovered = Collections.unmodifiableMap(new LinkedHashMap<>(discovered));
    }

    /** What is known at the start. */
    static State of(WeirConfig base, String version, StateStore.Saved saved) {
        return of(base, version, Instant.now(), saved, Map.of());
    }

    private static State of(
            WeirConfig base,
            String version,
            Instant baseSince,
            StateStore.Saved saved,
            Map<String, Map<String, List<ServerConfig>>> discovered) {
        Effective effective = Effective.of(base, saved.overlay(), discovered);
        return new State(base, version, baseSince, saved.overlay(), saved.revision(), discovered, effective);
    }

    /** The file says this now. */
    State with(WeirConfig file, String fileVersion) {
        return of(file, fileVersion, Instant.now(), saved(), discovered);
    }

    /** This was changed by the admin API. */
    State with(StateStore.Saved changes) {
        return of(base, version, baseSince, changes, discovered);
    }

    /** A source has found these servers. */
    State with(String pool, String source, List<ServerConfig> servers) {
        return discovered(pool, sources -> sources.put(source, List.copyOf(servers)));
    }

    /** A source is no more. */
    State without(String pool, String source) {
        return discovered(pool, sources -> sources.remove(source));
    }

    private State discovered(String pool, Consumer<Map<String, List<ServerConfig>>> change) {
        Map<String, Map<String, List<ServerConfig>>> all = new LinkedHashMap<>(discovered);
        Map<String, List<ServerConfig>> sources = new LinkedHashMap<>(all.getOrDefault(pool, Map.of()));
        change.accept(sources);
        if (sources.isEmpty()) {
            all.remove(pool);
        } else {
            all.put(pool, sources);
        }
        return of(base, version, baseSince, saved(), all);
    }

    private StateStore.Saved saved() {
        return new StateStore.Saved(overlay, revision);
    }

    /** The configuration that holds. */
    public WeirConfig config() {
        return effective.config();
    }

    /** A pool as it is; null when there is none of this name. */
    public @Nullable PoolConfig pool(String name) {
        return config().pools().get(name);
    }

    /** A server as it is; null when the pool has none of this address. */
    public @Nullable ServerConfig server(String pool, String address) {
        return server(config(), pool, address);
    }

    /** A server as the file and discovery have it; null when they have none of this address in this pool. */
    @Nullable ServerConfig underlying(String pool, String address) {
        return server(Effective.underlying(base, overlay, discovered).config(), pool, address);
    }

    private static @Nullable ServerConfig server(WeirConfig config, String pool, String address) {
        PoolConfig in = config.pools().get(pool);
        if (in == null) {
            return null;
        }
        for (ServerConfig server : in.servers()) {
            if (server.address().canonical().equals(address)) {
                return server;
            }
        }
        return null;
    }

    /** Where a pool comes from: {@code file} or {@code api}. */
    public String origin(String pool) {
        return overlay.pools().containsKey(pool) ? "api" : "file";
    }

    /** Where a server comes from: {@code file}, {@code api} or what discovered it. */
    public String origin(String pool, String address) {
        if (overlay.server(pool, address) instanceof Overlay.ServerEdit.Added) {
            return "api";
        }
        PoolConfig configured = overlay.pools().get(pool) instanceof Overlay.PoolEdit.Put put
                ? put.config()
                : base.pools().get(pool);
        if (configured == null || has(configured.servers(), address)) {
            return origin(pool);
        }
        for (Map.Entry<String, List<ServerConfig>> source :
                discovered.getOrDefault(pool, Map.of()).entrySet()) {
            if (has(source.getValue(), address)) {
                return source.getKey();
            }
        }
        return origin(pool);
    }

    private static boolean has(List<ServerConfig> servers, String address) {
        return servers.stream().anyMatch(server -> server.address().canonical().equals(address));
    }

    /** Where a route comes from: {@code file} or {@code api}. */
    public String originOfRoute(String id) {
        boolean added = overlay.routes().stream()
                .anyMatch(each -> Routes.ids(List.of(each.route())).getFirst().equals(id));
        return added ? "api" : "file";
    }

    /** How discovery makes what holds differ from the file. */
    public List<Difference.Entry> byDiscovery() {
        return Difference.of(base, withoutChanges(), Difference.Load.UNKNOWN);
    }

    /** How the admin API makes what holds differ from what would hold without it. */
    public List<Difference.Entry> byApi() {
        return Difference.of(withoutChanges(), config(), Difference.Load.UNKNOWN);
    }

    private WeirConfig withoutChanges() {
        return Effective.of(base, Overlay.NONE, discovered).config();
    }
}
