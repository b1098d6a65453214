package dev.weir;

import static java.util.Objects.requireNonNull;

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
    /** How long a process that takes over waits for the first checks of its servers. */
    private static final Duration FIRST_CHECKS = Duration.ofSeconds(5);
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
     * @param admin the socket of the admin port; null for none
     */
    List<Carried> passOn(List<Listener> listeners, @Nullable Carried admin) {
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
            all.add(admin);
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
     * Goes on where the process before was: what it knew of servers and tickets, and with each server's first check done,
     * unless that takes too long.
     *
     * @throws IOException with a sentence, when it cannot serve what the process before serves
     */
    void goOnWith(List<Carried> all) throws IOException {
        adoptChanges(all);
        for (String pool : emptied(all)) {
            if (!requireNonNull(control.state().config().pools().get(pool))
                    .discover()
                    .isEmpty()) {
                throw new IOException("the servers of the pool " + pool + " are not discovered yet");
            }
        }
        awaitFirstChecks();
        for (Carried each : all) {
            switch (each.kind()) {
                case TICKETS -> tls.tickets(each.name(), Base64.getDecoder().decode(each.content()));
                case SERVER -> believe(each);
                case LISTENER, ADMIN, MESSAGES, POOL, CHANGES, UNKNOWN -> {}
            }
        }
    }

    /** Has hold what the admin API changed in the process before, unless a state file told of it already. */
    private void adoptChanges(List<Carried> all) throws IOException {
        for (Carried each : all) {
            if (each.kind() == Kind.CHANGES && !control.isDurable()) {
                control.adopt(OverlayJson.read(JsonMapper.shared().readTree(each.content())));
            }
        }
    }

    /** The pools that are still there and had servers in the process before, but have none here. */
    private List<String> emptied(List<Carried> all) {
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

    private void awaitFirstChecks() {
        long end = System.nanoTime() + FIRST_CHECKS.toNanos();
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
