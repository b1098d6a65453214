package dev.weir.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A bad network in front of a server: a TCP relay that passes bytes on in each direction as a {@link Fault} says. Each
 * connection has one virtual thread for each direction.
 */
public final class FaultyRelay implements AutoCloseable {
    /** How one direction of one connection behaves. Returns when it is over; the relay closes nothing by itself then. */
    public interface Fault {
        void pass(Way way) throws IOException, InterruptedException;
    }

    /** One direction of one connection. */
    public static final class Way {
        private final Socket from;
        private final Socket to;
        private final InputStream in;
        private final OutputStream out;

        private Way(Socket from, Socket to) throws IOException {
            this.from = from;
            this.to = to;
            this.in = from.getInputStream();
            this.out = to.getOutputStream();
        }

        /** Passes on up to so many bytes, at most {@code piece} at a time; false when the sender ended before. */
        boolean pass(long bytes, int piece) throws IOException {
            byte[] buffer = new byte[piece];
            for (long left = bytes; left > 0; ) {
                int count = in.read(buffer, 0, (int) Math.min(left, piece));
                if (count < 0) {
                    return false;
                }
                out.write(buffer, 0, count);
                left -= count;
            }
            return true;
        }

        /** Passes the sender's end on. */
        void end() throws IOException {
            to.shutdownOutput();
        }

        private void cut(boolean orderly) throws IOException {
            if (!orderly) {
                to.setSoLinger(true, 0);
            }
            to.close();
            from.close();
        }
    }

    private static final int PIECE = 16384;

    private final ServerSocket listening;
    private final int server;
    private final Fault requests;
    private final Fault responses;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final AtomicInteger accepted = new AtomicInteger();

    private FaultyRelay(ServerSocket listening, int server, Fault requests, Fault responses) {
        this.listening = listening;
        this.server = server;
        this.requests = requests;
        this.responses = responses;
    }

    /** A relay to the server on this port of the loopback address. */
    public static FaultyRelay before(int server, Fault requests, Fault responses) throws IOException {
        ServerSocket listening = new ServerSocket(0, 1024, InetAddress.getLoopbackAddress());
        FaultyRelay relay = new FaultyRelay(listening, server, requests, responses);
        Thread.ofVirtual().name("faulty-relay").start(relay::accept);
        return relay;
    }

    /** No fault. */
    public static Fault passing() {
        return way -> {
            way.pass(Long.MAX_VALUE, PIECE);
            way.end();
        };
    }

    /** Every byte in a segment of its own. */
    public static Fault trickling() {
        return way -> {
            way.pass(Long.MAX_VALUE, 1);
            way.end();
        };
    }

    /** Closes both ends behind so many bytes. */
    public static Fault cutAfter(long bytes) {
        return way -> {
            way.pass(bytes, PIECE);
            way.cut(true);
        };
    }

    /** Resets the receiver's end behind so many bytes. */
    public static Fault resetAfter(long bytes) {
        return way -> {
            way.pass(bytes, PIECE);
            way.cut(false);
        };
    }

    /** Ends only this direction behind so many bytes. */
    public static Fault halfCloseAfter(long bytes) {
        return way -> {
            way.pass(bytes, PIECE);
            way.end();
        };
    }

    /** Reads nothing more behind so many bytes, until the latch opens. */
    public static Fault stallAfter(long bytes, CountDownLatch until) {
        return way -> {
            way.pass(bytes, PIECE);
            until.await();
            way.pass(Long.MAX_VALUE, PIECE);
            way.end();
        };
    }

    /** Passes all on, as much later as given. */
    public static Fault delayed(Duration delay) {
        return way -> {
            CountDownLatch never = new CountDownLatch(1);
            do {
                assert !never.await(delay.toNanos(), TimeUnit.NANOSECONDS);
            } while (way.pass(1, 1) && way.pass(way.in.available(), PIECE));
            way.end();
        };
    }

    private void accept() {
        try {
            while (true) {
                Socket client = listening.accept();
                accepted.incrementAndGet();
                client.setTcpNoDelay(true);
                Socket target = new Socket(InetAddress.getLoopbackAddress(), server);
                target.setTcpNoDelay(true);
                open.add(client);
                open.add(target);
                start(requests, new Way(client, target));
                start(responses, new Way(target, client));
            }
        } catch (IOException over) {
            // The test is over, or the server does not listen: a client's connection is then closed with the relay.
        }
    }

    private static void start(Fault fault, Way way) {
        Thread.ofVirtual().start(() -> {
            try {
                fault.pass(way);
            } catch (IOException | InterruptedException broken) {
                try {
                    way.cut(true);
                } catch (IOException alreadyClosed) {
                    // Nothing is left to be closed.
                }
            }
        });
    }

    /** Connections so far. */
    public int accepted() {
        return accepted.get();
    }

    public String address() {
        return "127.0.0.1:" + listening.getLocalPort();
    }

    @Override
    public void close() throws IOException {
        listening.close();
        for (Socket socket : open) {
            socket.close();
        }
    }
}
