package dev.weir;

import dev.weir.admin.AdminServer;
import dev.weir.admin.AdminView;
import dev.weir.config.WeirConfig.AdminConfig;
import dev.weir.loop.GivenSocket;
import dev.weir.loop.Transport;
import dev.weir.process.Carried;
import dev.weir.process.InheritedSockets;
import java.io.IOException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The admin port of a running Weir, which may come, change and go with the configuration. Control plane; changed by one
 * thread at a time, and any may ask where it is.
 */
final class AdminPort {
    private final Transport transport;
    private final AdminView view;
    /** Null for no admin port. */
    private volatile @Nullable Port port;
    /** What waits for the last answers, when another process has taken the port over. */
    private @Nullable Thread leaving;

    /**
     * A port as it is now.
     *
     * @param server null until {@link #accept}, where the socket was open before this process
     * @param given that socket; null for one of this process
     */
    private record Port(
            AdminConfig config,
            @Nullable AdminServer server,
            @Nullable GivenSocket given) {}

    AdminPort(Transport transport, AdminView view) {
        this.transport = transport;
        this.view = view;
    }

    /** A change that cannot fail any more. Nothing has happened but that a new port listens, on another address. */
    interface Change {
        /** Makes it; a port that goes answers what it was asked. */
        void apply();
    }

    /**
     * Makes ready for this configuration.
     *
     * @param sockets those that are open already
     * @throws IOException with a sentence for the user; then nothing has changed
     */
    Change prepare(@Nullable AdminConfig wanted, InheritedSockets sockets) throws IOException {
        Port former = port;
        if (Objects.equals(wanted, former == null ? null : former.config())) {
            return () -> {};
        }
        if (wanted == null) {
            return () -> replace(null);
        }
        AdminServer running = server();
        if (running != null && running.config().bind().equals(wanted.bind())) {
            Runnable changed = running.change(wanted);
            return () -> {
                port = new Port(wanted, running, former == null ? null : former.given());
                changed.run();
            };
        }
        GivenSocket given = sockets.takeAdmin(wanted.bind());
        AdminServer opened = given == null ? AdminServer.start(wanted, transport, view) : null;
        return () -> replace(new Port(wanted, opened, given));
    }

    private void replace(@Nullable Port next) {
        AdminServer former = server();
        port = next;
        if (former != null) {
            former.retire();
        }
    }

    /**
     * A port whose socket was open before accepts from now on.
     *
     * @throws IOException with a sentence, when it cannot be taken over
     */
    void accept() throws IOException {
        Port known = port;
        if (known != null && known.given() != null) {
            AdminServer server = AdminServer.start(known.config(), transport, view, known.given());
            port = new Port(known.config(), server, known.given());
        }
    }

    private @Nullable AdminServer server() {
        Port known = port;
        return known == null ? null : known.server();
    }

    /** Where it is; empty when there is none. */
    String boundTo() {
        AdminServer running = server();
        return running == null ? "" : running.boundTo().toString();
    }

    /** The port that was really taken; -1 when there is none. */
    int number() {
        AdminServer running = server();
        return running == null ? -1 : running.port();
    }

    /** The socket, to be passed to another process; null where there is none to pass. */
    @Nullable Carried socket() {
        Port known = port;
        if (known == null || known.server() == null || known.server().descriptor() < 0) {
            return null;
        }
        boolean kept = known.given() != null && known.given().kept();
        return Carried.socket(
                Carried.Kind.ADMIN,
                known.config().bind().toString(),
                known.server().descriptor(),
                kept);
    }

    /** Another process answers in place of this one; what this one was asked it still answers. */
    void leave() {
        AdminServer running = server();
        port = null;
        leaving = running == null ? null : running.leave();
    }

    /** Its end: what it is being asked is cut off, unless another process has taken it over. */
    void close() {
        AdminServer running = server();
        if (running != null) {
            running.close();
        }
        try {
            if (leaving != null) {
                leaving.join();
            }
        } catch (InterruptedException nobodyDoes) {
            Thread.currentThread().interrupt();
        }
    }
}
