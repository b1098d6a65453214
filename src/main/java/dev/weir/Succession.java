package dev.weir;

import dev.weir.config.AdminState;
import dev.weir.control.Control;
import dev.weir.control.Overlay;
import dev.weir.control.OverlayJson;
import dev.weir.downstream.Listener;
import dev.weir.health.HealthKeeper;
import dev.weir.health.PoolReport;
import dev.weir.health.Reason;
import dev.weir.health.ServerReport;
import dev.weir.health.ServerState;
import dev.weir.loop.GivenSocket;
import dev.weir.process.Carried;
import dev.weir.process.Carried.Kind;
import dev.weir.tls.TlsKeeper;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * What one process passes to the next beside its configuration: sockets, the keys of session tickets, and which servers
 * fail. Control plane; blocks.
 */
final class Succession {
    private static final int STANDARD_ERROR = 2;
    private static final long LOOK_MILLIS = 10;
    /** Whose requests fail, or did until a moment ago. */
    private static final Set<String> FAILING =
            Set.of(ServerState.EJECTED.id(), ServerState.DOWN.id(), ServerState.PROBING.id());

    private final Control control;
    private final TlsKeeper tls;
    private final HealthKeeper health;

    Succession(Control control, TlsKeeper tls, HealthKeeper health) {
        this.control = control;
        this.tls = tls;
        this.health = health;
    }

    /**
     * All that the next process is to have.
     *
     * @param adminPort the address of the admin port as configured
     * @param admin its socket; null for none
     */
    List<Carried> passOn(List<Listener> listeners, String adminPort, @Nullable GivenSocket admin) {
        List<Carried> all = new ArrayList<>();
        all.add(new Carried(Kind.MESSAGES, "", "", STANDARD_ERROR));
        for (Listener listener : listeners) {
            GivenSocket socket = listener.socket();
            if (socket != null) {
                String name = listener.config().bind().toString();
                all.add(Carried.socket(Kind.LISTENER, name, socket.descriptor(), socket.kept()));
            }
        }
        if (admin != null) {
            all.add(Carried.socket(Kind.ADMIN, adminPort, admin.descriptor(), admin.kept()));
        }
        if (!control.isDurable()) {
            Overlay changes = control.state().overlay();
            all.add(new Carried(Kind.CHANGES, "", OverlayJson.write(changes).toString()));
        }
        tls.tickets()
                .forEach((listener, keys) -> all.add(
                        new Carried(Kind.TICKETS, listener, Base64.getEncoder().encodeToString(keys))));
        for (PoolReport pool : health.report()) {
            if (!pool.servers().isEmpty()) {
                all.add(new Carried(Kind.POOL, pool.name(), ""));
            }
            pool.servers().stream()
                    .filter(server -> FAILING.contains(server.health()))
                    .forEach(server -> all.add(failing(pool.name(), server)));
        }
        return all;
    }

    private static Carried failing(String pool, ServerReport server) {
        String content = String.join("\n", server.address(), server.health(), server.reason(), server.evidence());
        return new Carried(Kind.SERVER, pool, content);
    }

    /**
     * Has hold what the admin API changed in the process before, unless a state file told of it already.
     *
     * @throws IOException with a sentence, when it cannot hold here
     */
    void goOnWithChanges(List<Carried> all) throws IOException {
        for (Carried each : all) {
            if (each.kind() == Kind.CHANGES && !control.isDurable()) {
                control.adopt(OverlayJson.read(JsonMapper.shared().readTree(each.content())));
            }
        }
    }

    /** Goes on with what the process before has passed, but for sockets. */
    void goOnWith(List<Carried> all) {
        for (Carried each : all) {
            switch (each.kind()) {
                case TICKETS -> tls.tickets(each.name(), Base64.getDecoder().decode(each.content()));
                case SERVER -> believe(each);
                case LISTENER, ADMIN, MESSAGES, POOL, CHANGES, UNKNOWN -> {}
            }
        }
    }

    /** The pools that are still there and had servers in the process before, but have none here. */
    List<String> emptied(List<Carried> all) {
        return health.report().stream()
                .filter(pool -> pool.servers().isEmpty())
                .map(PoolReport::name)
                .filter(name -> all.stream()
                        .anyMatch(
                                each -> each.kind() == Kind.POOL && each.name().equals(name)))
                .toList();
    }

    private void believe(Carried failing) {
        String[] parts = failing.content().split("\n", 4);
        if (parts.length == 4) {
            Reason reason = reason(parts[2]);
            boolean down = parts[1].equals(ServerState.DOWN.id());
            health.believe(failing.name(), parts[0], down, reason, parts[3]);
        }
    }

    /** A version with other reasons may have sent it. */
    private static Reason reason(String id) {
        for (Reason reason : Reason.values()) {
            if (reason.id().equals(id)) {
                return reason;
            }
        }
        return Reason.FAILURES;
    }

    /** Waits until each server's first check has ended, but no longer than this. */
    void awaitFirstChecks(Duration longest) {
        long end = System.nanoTime() + longest.toNanos();
        while (end - System.nanoTime() > 0 && someUnknown()) {
            try {
                TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
            } catch (InterruptedException stopping) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    private boolean someUnknown() {
        return health.report().stream()
                .flatMap(pool -> pool.servers().stream())
                .anyMatch(server -> server.health().equals(ServerState.CHECKING.id())
                        && server.adminState().equals(AdminState.READY.id()));
    }
}
