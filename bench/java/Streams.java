import java.io.BufferedWriter;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

/**
 * Clients of what takes long, until a SIGTERM: {@code Streams PORT RESULTS WEBSOCKETS DOWNLOADS BYTES RATE}.
 *
 * <p>Each WebSocket sends a frame a second and wants it back; each download reads so many bytes at that rate, checks each,
 * and begins anew on a new connection. What is lost is noted and begins anew.
 *
 * <p>It prints "started NANOS" (CLOCK_MONOTONIC) when all WebSockets have had an echo. At the end it writes one line for
 * each life of a stream to the file of results: "kind id start end outcome worst", times in nanoseconds of that clock;
 * worst is the longest that an echo took. The outcome is "going" for a stream that the end met alive, "whole" for a
 * download; or else what went wrong: refused, status-N, goodbye-N (a WebSocket that was closed in order), closed (without
 * a word), reset, cut (a download that ended early), stalled, wrong.
 */
final class Streams {
    private static final int STALLED_MILLIS = 5_000;
    private static final int FRAME_NANOS = 1_000_000_000;
    private static final int LARGEST_PAYLOAD = 1_000;
    private static final long AGAIN_NANOS = 100_000_000;
    /** Above those of the requests that LoadGenerator sends. */
    private static final long FIRST_ID = 1_000_000_000;

    private record Life(String kind, long id, long start, long end, String outcome, long worst) {}

    /** A life that is over, and why. */
    private static final class Over extends IOException {
        private static final long serialVersionUID = 1;

        Over(String outcome) {
            super(outcome);
        }
    }

    private final int port;
    private final long bytes;
    private final long rate;
    private final CountDownLatch opening;
    private final AtomicLong ids = new AtomicLong(FIRST_ID);
    private final Queue<Life> lives = new ConcurrentLinkedQueue<>();
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private volatile boolean ending;

    private Streams(int port, int webSockets, long bytes, long rate) {
        this.port = port;
        this.bytes = bytes;
        this.rate = rate;
        opening = new CountDownLatch(webSockets);
    }

    public static void main(String[] arguments) throws InterruptedException {
        int webSockets = Integer.parseInt(arguments[2]);
        int downloads = Integer.parseInt(arguments[3]);
        int port = Integer.parseInt(arguments[0]);
        var streams = new Streams(port, webSockets, Long.parseLong(arguments[4]), Long.parseLong(arguments[5]));
        Runtime.getRuntime().addShutdownHook(new Thread(() -> streams.end(Path.of(arguments[1]))));
        for (int i = 0; i < webSockets; i++) {
            Thread.ofVirtual().start(streams::webSocket);
        }
        for (int i = 0; i < downloads; i++) {
            Thread.ofVirtual().start(streams::downloads);
        }
        streams.opening.await();
        System.out.println("started " + System.nanoTime());
        Thread.currentThread().join();
    }

    private void end(Path results) {
        ending = true;
        // Whoever waits for bytes ends with its connection; each then notes its life.
        while (!open.isEmpty()) {
            open.forEach(Streams::close);
            LockSupport.parkNanos(1_000_000);
        }
        try (BufferedWriter out = Files.newBufferedWriter(results)) {
            for (Life life : lives) {
                out.write(life.kind() + " " + life.id() + " " + life.start() + " " + life.end() + " " + life.outcome()
                        + " " + life.worst() + "\n");
            }
        } catch (IOException e) {
            System.out.println("the results cannot be written: " + e);
        }
    }

    private interface Use {
        /** Returns the outcome when all went well. */
        String of(Stream stream) throws IOException;
    }

    /** One life after the other. */
    private void live(String kind, Use use) {
        while (!ending) {
            long id = ids.incrementAndGet();
            long start = System.nanoTime();
            Stream stream = new Stream(id);
            open.add(stream.socket);
            String outcome = outcome(stream, use);
            lives.add(new Life(kind, id, start, System.nanoTime(), outcome, stream.worst));
            close(stream.socket);
            open.remove(stream.socket);
            if (!outcome.equals("whole")) {
                LockSupport.parkNanos(AGAIN_NANOS);
            }
        }
    }

    private String outcome(Stream stream, Use use) {
        try {
            return use.of(stream);
        } catch (IOException e) {
            return ending ? "going" : outcome(stream, e);
        }
    }

    private static String outcome(Stream stream, IOException failure) {
        return switch (failure) {
            case Over over -> over.getMessage();
            case ConnectException _ -> "refused";
            case SocketTimeoutException _ -> "stalled";
            case EOFException _ -> stream.inContent ? "cut" : "closed";
            default -> "reset";
        };
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            // It is of no further use in any case.
        }
    }

    private void downloads() {
        // Not all at once, or they would end and begin together for ever.
        LockSupport.parkNanos(ThreadLocalRandom.current().nextLong(bytes * 1_000_000_000 / rate));
        live("DOWNLOAD", stream -> {
            stream.ask("/slow/" + bytes + "/" + rate, "Connection: close\r\n", "200");
            byte[] piece = new byte[8 << 10];
            stream.inContent = true;
            for (long at = 0; at < bytes; ) {
                int read = stream.in.read(piece, 0, (int) Math.min(piece.length, bytes - at));
                if (read < 0) {
                    throw new EOFException();
                }
                for (int i = 0; i < read; i++, at++) {
                    if (piece[i] != SlowContent.at(stream.id, at)) {
                        return "wrong";
                    }
                }
            }
            return stream.in.read() < 0 ? "whole" : "wrong";
        });
    }

    private void webSocket() {
        boolean[] counted = new boolean[1];
        live("WEBSOCKET", stream -> {
            byte[] key = new byte[16];
            ThreadLocalRandom.current().nextBytes(key);
            String encoded = Base64.getEncoder().encodeToString(key);
            String accepted = stream.ask(
                    "/ws",
                    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "
                            + encoded + "\r\n",
                    "101");
            if (!accepted.equals(Frames.accept(encoded))) {
                return "wrong";
            }
            long next = System.nanoTime() + ThreadLocalRandom.current().nextLong(FRAME_NANOS);
            for (long number = 0; ; number++) {
                stream.awaitSilence(next);
                stream.echo(number);
                next += FRAME_NANOS;
                if (!counted[0]) {
                    counted[0] = true;
                    opening.countDown();
                }
            }
        });
    }

    /** One connection. */
    private final class Stream {
        final long id;
        final Socket socket = new Socket();
        DataInputStream in = new DataInputStream(InputStream.nullInputStream());
        boolean inContent;
        long worst;

        Stream(long id) {
            this.id = id;
        }

        /** Sends a request and reads the head of its answer, which must have this status; returns the accepted key. */
        String ask(String path, String fields, String status) throws IOException {
            socket.connect(new InetSocketAddress("127.0.0.1", port), STALLED_MILLIS);
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(STALLED_MILLIS);
            in = new DataInputStream(socket.getInputStream());
            String head = "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nX-Id: " + id + "\r\n" + fields + "\r\n";
            socket.getOutputStream().write(head.getBytes(ISO_8859_1));
            String found = line().split(" ")[1];
            String accepted = "";
            for (String line = line(); !line.isEmpty(); line = line()) {
                if (line.toLowerCase().startsWith("sec-websocket-accept:")) {
                    accepted = line.substring(line.indexOf(':') + 1).strip();
                }
            }
            if (!found.equals(status)) {
                throw new Over("status-" + found);
            }
            return accepted;
        }

        private String line() throws IOException {
            var line = new StringBuilder();
            for (int c = in.readUnsignedByte(); c != '\n'; c = in.readUnsignedByte()) {
                if (c != '\r') {
                    line.append((char) c);
                }
            }
            return line.toString();
        }

        /** Waits until that moment, in which nothing must come but an end. */
        void awaitSilence(long until) throws IOException {
            long millis = (until - System.nanoTime()) / 1_000_000;
            if (millis <= 0) {
                return;
            }
            socket.setSoTimeout((int) millis);
            int first;
            try {
                first = in.read();
            } catch (SocketTimeoutException quiet) {
                return;
            }
            socket.setSoTimeout(STALLED_MILLIS);
            read(first);
            throw new Over("wrong"); // nobody asked for a frame
        }

        void echo(long number) throws IOException {
            int size = ThreadLocalRandom.current().nextInt(Long.BYTES, LARGEST_PAYLOAD);
            byte[] payload = ByteBuffer.allocate(size).putLong(number).array();
            Arrays.fill(payload, Long.BYTES, size, (byte) number);
            socket.setSoTimeout(STALLED_MILLIS);
            long sent = System.nanoTime();
            Frames.write(socket.getOutputStream(), Frames.BINARY, payload, true);
            if (!Arrays.equals(read(in.read()).payload(), payload)) {
                throw new Over("wrong");
            }
            worst = Math.max(worst, System.nanoTime() - sent);
        }

        private Frames.Frame read(int first) throws IOException {
            if (first < 0) {
                throw new EOFException();
            }
            Frames.Frame frame = Frames.read(first, in);
            if (frame.opcode() == Frames.CLOSE) {
                throw new Over("goodbye-" + frame.status());
            }
            return frame;
        }
    }
}
