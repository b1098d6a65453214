package dev.weir;

import dev.weir.config.ListenerConfig;
import dev.weir.config.WeirConfig;
import dev.weir.downstream.Listener;
import dev.weir.loop.Transport;
import dev.weir.process.InheritedSockets;
import dev.weir.tls.TlsSet;
import io.netty.channel.EventLoop;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * The listeners of a running Weir, told apart by their addresses: one whose address stays keeps its socket. Control plane;
 * changed by one thread at a time.
 */
final class Listeners {
    private final Loops loops;
    private final Transport transport;
    private volatile List<Listener> current = List.of();
    /** Loops accept in turn. */
    private int accepting;

    Listeners(Loops loops, Transport transport) {
        this.loops = loops;
        this.transport = transport;
    }

    /** In the order of the configuration. */
    List<Listener> all() {
        return current;
    }

    /** A change whose new listeners are bound, and do not accept yet. Nothing else has happened. */
    final class Change {
        private final WeirConfig config;
        private final TlsSet tls;
        private final List<Listener> next = new ArrayList<>();
        private final List<Listener> bound = new ArrayList<>();

        private Change(WeirConfig config, TlsSet tls) {
            this.config = config;
            this.tls = tls;
        }

        private void open(InheritedSockets given) throws IOException {
            List<Listener> left = new ArrayList<>(current);
            for (ListenerConfig wanted : config.listeners()) {
                next.add(open(wanted, left, given));
            }
        }

        /** The listener that has this address already, or a new one. */
        private Listener open(ListenerConfig wanted, List<Listener> left, InheritedSockets given) throws IOException {
            for (Listener known : left) {
                if (known.config().bind().equals(wanted.bind())) {
                    left.remove(known);
                    return known;
                }
            }
            List<EventLoop> executors = loops.executors();
            EventLoop loop = executors.get(accepting++ % executors.size());
            Listener opened = Listener.bind(
                    wanted, tls.listener(wanted), loops.all(), loop, transport, given.take(wanted.bind()));
            bound.add(opened);
            return opened;
        }

        /**
         * Has listeners that stay serve by the new configuration, and removes those that go.
         *
         * @param accept whether new ones accept from now on
         * @return those that went; their connections are to be drained
         */
        List<Listener> apply(boolean accept) {
            List<Listener> gone = new ArrayList<>(current);
            gone.removeAll(next);
            for (int i = 0; i < next.size(); i++) {
                ListenerConfig wanted = config.listeners().get(i);
                if (!next.get(i).config().equals(wanted)) {
                    next.get(i).change(wanted, tls.listener(wanted));
                }
            }
            current = List.copyOf(next);
            if (accept) {
                bound.forEach(Listener::accept);
            }
            gone.forEach(Listener::remove);
            return gone;
        }

        /** Closes what is new. */
        void abandon() {
            bound.forEach(Listener::close);
        }
    }

    /**
     * Begins to change to the listeners of this configuration.
     *
     * @param given sockets that are open already
     * @throws IOException with a sentence for the user; nothing new is left open then
     */
    Change change(WeirConfig config, TlsSet tls, InheritedSockets given) throws IOException {
        Change change = new Change(config, tls);
        try {
            change.open(given);
        } catch (IOException failure) {
            change.abandon();
            throw failure;
        }
        return change;
    }
}
