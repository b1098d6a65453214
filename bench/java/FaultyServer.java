import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URLDecoder;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

/**
 * An HTTP/1.1 server that behaves as it is told: {@code FaultyServer [HOST:]PORT[,…] JOURNAL [key=value&...]}.
 *
 * <p>GET /-/behave?key=value&... changes the behaviour while it runs; the keys are those of {@link Behaviour}. GET
 * /health is the health check. GET /bytes/N answers N bytes, GET /slow/N/RATE the same at RATE bytes a second, POST
 * anything answers as many bytes as it sent. A WebSocket gets back what it sends.
 *
 * <p>Each request that the server sees the head of leaves a line in the journal at once, "nanos address method id",
 * where id is the request's X-Id. The line is written with a system call and so outlives a kill -9. The first line of an
 * address, "nanos address START 0", is of the moment from which on the server listens there. The clock is
 * CLOCK_MONOTONIC, which the load generator and the runner read too.
 */
final class FaultyServer {

    /**
     * What the server does with requests.
     *
     * @param service milliseconds that a request takes
     * @param concurrency how many requests are worked on at a time, the others wait; 0: all
     * @param status the status of all answers but those to health checks
     * @param hang never answer, not even health checks
     * @param reset the share of answers that are reset in the middle of the body
     * @param pause milliseconds between the first half of such an answer and the reset
     * @param idle milliseconds after an answer at which a connection without a further request is closed; 0: never
     */
    record Behaviour(
            double service, int concurrency, int status, boolean hang, double reset, double pause, int idle) {
        static Behaviour of(String query) {
            Map<String, String> values = new HashMap<>();
            for (String pair : query.split("&")) {
                int equals = pair.indexOf('=');
                if (equals > 0) {
                    values.put(pair.substring(0, equals), URLDecoder.decode(pair.substring(equals + 1), ISO_8859_1));
                }
            }
            return new Behaviour(
                    Double.parseDouble(values.getOrDefault("service", "0")),
                    Integer.parseInt(values.getOrDefault("concurrency", "0")),
                    Integer.parseInt(values.getOrDefault("status", "200")),
                    Boolean.parseBoolean(values.getOrDefault("hang", "false")),
                    Double.parseDouble(values.getOrDefault("reset", "0")),
                    Double.parseDouble(values.getOrDefault("pause", "0")),
                    Integer.parseInt(values.getOrDefault("idle", "0")));
        }
    }

    /** The head of a request, with the length of the body that follows. */
    record Request(String method, String path, String id, long length, boolean close, String webSocketKey) {
        boolean isWebSocket() {
            return !webSocketKey.isEmpty();
        }
    }

    private static final int PIECE = 64 << 10;
    private static final int LARGEST_HEAD = 64 << 10;
    private static final byte[] BODY = new byte[PIECE];

    private final FileChannel journal;
    private final PriorityQueue<Long> workersFreeAt = new PriorityQueue<>();
    private volatile Behaviour behaviour;

    private FaultyServer(FileChannel journal, Behaviour behaviour) {
        this.journal = journal;
        this.behaviour = behaviour;
    }

    public static void main(String[] arguments) throws IOException {
        Arrays.fill(BODY, (byte) 'x');
        FileChannel journal =
                FileChannel.open(Path.of(arguments[1]), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        String behaviour = arguments.length > 2 ? arguments[2] : "";
        FaultyServer server = new FaultyServer(journal, Behaviour.of(behaviour));
        for (String address : arguments[0].split(",")) {
            ServerSocket listener = new ServerSocket();
            listener.setReuseAddress(true);
            int colon = address.indexOf(':');
            String host = colon < 0 ? "127.0.0.1" : address.substring(0, colon);
            int port = Integer.parseInt(address.substring(colon + 1));
            listener.bind(new InetSocketAddress(host, port), 1024);
            Thread.ofPlatform().start(() -> server.serve(listener, host + ":" + port));
        }
    }

    private void serve(ServerSocket listener, String address) {
        try (listener) {
            note(address, "START", "0");
            while (true) {
                Socket socket = listener.accept();
                Thread.ofVirtual().start(() -> serve(socket, address));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void serve(Socket socket, String address) {
        try (socket) {
            socket.setTcpNoDelay(true);
            Reader reader = new Reader(socket.getInputStream());
            while (true) {
                Request request = reader.head();
                if (request == null) {
                    return;
                }
                socket.setSoTimeout(0);
                reader.skip(request, address);
                if (!answer(socket, request) || request.close()) {
                    return;
                }
                // Only a connection that has served is idle: a new one has all the time it wants.
                socket.setSoTimeout(behaviour.idle());
            }
        } catch (SocketTimeoutException idle) {
            // Closing the connection is what was asked for.
        } catch (IOException gone) {
            // The balancer went away, which is its right; a server has nothing to do about it.
        }
    }

    /** Answers a request; false when the connection is of no further use. */
    private boolean answer(Socket socket, Request request) throws IOException {
        Behaviour now = behaviour;
        if (request.path().startsWith("/-/behave?")) {
            behaviour = Behaviour.of(request.path().substring("/-/behave?".length()));
            send(socket, 200, 0, request.id());
            return true;
        }
        if (now.hang()) {
            LockSupport.park();
            return false;
        }
        if (request.path().equals("/health")) {
            send(socket, 200, 2, request.id());
            return true;
        }
        if (request.isWebSocket()) {
            echo(socket, request);
            return false;
        }
        work(now);
        if (request.path().startsWith("/slow/")) {
            sendSlowly(socket, request);
            return true;
        }
        long length = request.path().startsWith("/bytes/") && request.method().equals("GET")
                ? Long.parseLong(request.path().substring("/bytes/".length()))
                : request.length();
        if (now.reset() > 0 && ThreadLocalRandom.current().nextDouble() < now.reset()) {
            reset(socket, now, length, request.id());
            return false;
        }
        send(socket, now.status(), length, request.id());
        return true;
    }

    /**
     * Spends the service time, waiting for a free worker before where their number is bounded. Times are reckoned, not
     * measured, so that late wake-ups take nothing from the capacity.
     */
    private void work(Behaviour now) {
        if (now.service() <= 0) {
            return;
        }
        long service = (long) (now.service() * 1e6);
        long end = System.nanoTime() + service;
        if (now.concurrency() > 0) {
            synchronized (workersFreeAt) {
                while (workersFreeAt.size() < now.concurrency()) {
                    workersFreeAt.add(0L);
                }
                long free = workersFreeAt.poll();
                end = Math.max(end, free + service);
                workersFreeAt.add(end);
            }
        }
        for (long left = end - System.nanoTime(); left > 0; left = end - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }

    private static void sendSlowly(Socket socket, Request request) throws IOException {
        String[] path = request.path().split("/");
        long length = Long.parseLong(path[2]);
        socket.getOutputStream().write(head(200, length, request.id()));
        SlowContent.write(socket.getOutputStream(), Long.parseLong(request.id()), length, Long.parseLong(path[3]));
    }

    /** Answers each frame with the same, until the client closes. */
    private static void echo(Socket socket, Request request) throws IOException {
        String head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nX-Id: "
                + request.id() + "\r\nSec-WebSocket-Accept: " + Frames.accept(request.webSocketKey()) + "\r\n\r\n";
        socket.getOutputStream().write(head.getBytes(ISO_8859_1));
        DataInputStream in = new DataInputStream(socket.getInputStream());
        for (int first = in.read(); first >= 0; first = in.read()) {
            Frames.Frame frame = Frames.read(first, in);
            int opcode = frame.opcode() == Frames.PING ? Frames.PONG : frame.opcode();
            Frames.write(socket.getOutputStream(), opcode, frame.payload(), false);
            if (opcode == Frames.CLOSE) {
                return;
            }
        }
    }

    private static void send(Socket socket, int status, long length, String id) throws IOException {
        byte[] head = head(status, length, id);
        int first = (int) Math.min(length, PIECE);
        byte[] start = Arrays.copyOf(head, head.length + first);
        System.arraycopy(BODY, 0, start, head.length, first);
        socket.getOutputStream().write(start);
        for (long left = length - first; left > 0; left -= PIECE) {
            socket.getOutputStream().write(BODY, 0, (int) Math.min(left, PIECE));
        }
    }

    private static void reset(Socket socket, Behaviour now, long length, String id) throws IOException {
        byte[] head = head(now.status(), length, id);
        int half = (int) Math.min(length / 2, PIECE);
        byte[] start = Arrays.copyOf(head, head.length + half);
        Arrays.fill(start, head.length, start.length, (byte) 'x');
        socket.getOutputStream().write(start);
        if (now.pause() > 0) {
            LockSupport.parkNanos((long) (now.pause() * 1e6));
        }
        // With no time to linger, closing is a reset.
        socket.setSoLinger(true, 0);
        socket.close();
    }

    private static byte[] head(int status, long length, String id) {
        String reason = status == 200 ? "OK" : "Internal Server Error";
        return ("HTTP/1.1 " + status + " " + reason + "\r\nContent-Type: text/plain\r\nContent-Length: " + length
                        + "\r\nX-Id: " + id + "\r\n\r\n")
                .getBytes(ISO_8859_1);
    }

    private void note(String address, String method, String id) throws IOException {
        String line = System.nanoTime() + " " + address + " " + method + " " + id + "\n";
        journal.write(ByteBuffer.wrap(line.getBytes(ISO_8859_1)));
    }

    /** Reads requests off one connection. */
    private final class Reader {
        private final InputStream in;
        private final byte[] buffer = new byte[LARGEST_HEAD];
        private int from;
        private int to;

        Reader(InputStream in) {
            this.in = in;
        }

        /** The next request's head, or null when the other side ended the connection. */
        Request head() throws IOException {
            ByteArrayOutputStream head = new ByteArrayOutputStream();
            int matched = 0;
            while (matched < 4) {
                if (from == to && !fill()) {
                    return null;
                }
                byte b = buffer[from++];
                matched = b == "\r\n\r\n".charAt(matched) ? matched + 1 : b == '\r' ? 1 : 0;
                head.write(b);
            }
            return parse(head.toString(ISO_8859_1));
        }

        /** Notes that the request is here and reads its body. */
        void skip(Request request, String address) throws IOException {
            if (!request.path().startsWith("/-/")) {
                note(address, request.path().equals("/health") ? "HEALTH" : request.method(), request.id());
            }
            long left = request.length();
            while (left > 0) {
                if (from == to && !fill()) {
                    throw new IOException("the request ended within its body");
                }
                int taken = (int) Math.min(left, to - from);
                from += taken;
                left -= taken;
            }
        }

        private boolean fill() throws IOException {
            from = 0;
            to = Math.max(0, in.read(buffer));
            return to > 0;
        }
    }

    private static Request parse(String head) throws IOException {
        String[] lines = head.split("\r\n");
        String[] first = lines[0].split(" ");
        String id = "0";
        String key = "";
        long length = 0;
        boolean close = false;
        for (int i = 1; i < lines.length; i++) {
            int colon = lines[i].indexOf(':');
            String value = lines[i].substring(colon + 1).strip();
            switch (lines[i].substring(0, colon).toLowerCase()) {
                case "x-id" -> id = value;
                case "sec-websocket-key" -> key = value;
                case "content-length" -> length = Long.parseLong(value);
                case "connection" -> close = value.equalsIgnoreCase("close");
                case "transfer-encoding" -> throw new IOException("bodies without a length are not served here");
                default -> {}
            }
        }
        return new Request(first[0], first[1], id, length, close, key);
    }
}
