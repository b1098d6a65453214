import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Phaser;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

/**
 * An HTTP/1.1 load, open-loop: requests leave when the plan says, however slow the answers are, and are as late as they
 * are against the plan: {@code LoadGenerator PORT RESULTS key=value...}, with the keys of {@link Options}.
 *
 * <p>It prints "started NANOS" (CLOCK_MONOTONIC) and at the end writes one line for each request to the file of
 * results (at a SIGTERM, too): "id method intended sent end outcome", times in nanoseconds after the start. The outcome is the status of a
 * whole answer, or else what went wrong: refused, reset, closed (without an answer), cut (within it), timeout, wrong
 * (another request's answer or other content).
 */
final class LoadGenerator {

    /**
     * What the load is.
     *
     * @param plan rates and for how long, as "400:3,1200:10": requests a second, seconds; "1200:" until a SIGTERM
     * @param closed so many clients, each of which sends its next request when it has an answer, instead of the rates
     * @param post the share of requests that are POST, with as many bytes up as down
     * @param least the least bytes of an answer
     * @param most the most
     * @param burst requests that leave together: with more than one, such bursts come at random moments
     * @param connections how many are opened beforehand; all are used in turn, and more are opened when none is free
     * @param timeout seconds for which a client waits
     */
    record Options(
            String plan, int closed, double post, int least, int most, int burst, int connections, int timeout) {
        static Options of(String[] arguments) {
            Map<String, String> values = new HashMap<>();
            for (String argument : arguments) {
                int equals = argument.indexOf('=');
                values.put(argument.substring(0, equals), argument.substring(equals + 1));
            }
            return new Options(
                    values.get("plan"),
                    Integer.parseInt(values.getOrDefault("closed", "0")),
                    Double.parseDouble(values.getOrDefault("post", "0")),
                    Integer.parseInt(values.getOrDefault("least", "512")),
                    Integer.parseInt(values.getOrDefault("most", "512")),
                    Integer.parseInt(values.getOrDefault("burst", "1")),
                    Integer.parseInt(values.getOrDefault("connections", "64")),
                    Integer.parseInt(values.getOrDefault("timeout", "15")));
        }
    }

    /** A request that is to be sent. */
    record Request(long id, boolean post, int bytes, long intended) {}

    /** A request that is over. */
    record Result(Request request, long sent, long end, String outcome) {}

    private static final byte[] CONTENT = new byte[64 << 10];
    private static final long SEED = 4;
    private static final long RESTED_NANOS = 500_000_000;

    private final int port;
    private final Options options;
    private final long start;
    private final SplittableRandom random = new SplittableRandom(SEED);
    private final AtomicLong ids = new AtomicLong();
    private final Queue<Connection> idle = new ConcurrentLinkedQueue<>();
    private final Queue<Result> results = new ConcurrentLinkedQueue<>();
    private final Phaser underWay = new Phaser(1);
    private volatile boolean ending;

    private LoadGenerator(int port, Options options, long start) {
        this.port = port;
        this.options = options;
        this.start = start;
    }

    public static void main(String[] arguments) throws IOException {
        Arrays.fill(CONTENT, (byte) 'x');
        Options options = Options.of(Arrays.copyOfRange(arguments, 2, arguments.length));
        int port = Integer.parseInt(arguments[0]);
        var connections = new ArrayDeque<Connection>();
        for (int i = 0; i < options.connections(); i++) {
            connections.add(new Connection(port, options.timeout()));
        }
        var generator = new LoadGenerator(port, options, System.nanoTime());
        generator.idle.addAll(connections);
        Thread main = Thread.currentThread();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> generator.endWith(main)));
        System.out.println("started " + generator.start);
        generator.run();
        generator.write(Path.of(arguments[1]));
    }

    /** Sends nothing more and waits until the results are written. */
    private void endWith(Thread main) {
        ending = true;
        LockSupport.unpark(main);
        try {
            main.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        double from = 0;
        for (String phase : options.plan().split(",")) {
            int colon = phase.indexOf(':');
            String length = phase.substring(colon + 1);
            double seconds = length.isEmpty() ? Double.POSITIVE_INFINITY : Double.parseDouble(length);
            if (options.closed() > 0) {
                runClosed(from, from + seconds);
            } else {
                runOpen(from, from + seconds, Double.parseDouble(phase.substring(0, colon)));
            }
            from += seconds;
        }
        underWay.arriveAndAwaitAdvance();
    }

    private void runOpen(double from, double to, double rate) {
        double gap = options.burst() / rate;
        for (double at = from; at < to && !ending; at += gap(gap)) {
            long intended = (long) (at * 1e9);
            waitUntil(intended);
            for (int i = 0; i < options.burst(); i++) {
                Request request = next(intended);
                underWay.register();
                Thread.ofVirtual().start(() -> {
                    send(request);
                    underWay.arriveAndDeregister();
                });
            }
        }
        waitUntil((long) (to * 1e9));
    }

    private double gap(double mean) {
        return options.burst() == 1 ? mean : -Math.log(1 - random.nextDouble()) * mean;
    }

    private void runClosed(double from, double to) {
        waitUntil((long) (from * 1e9));
        for (int client = 0; client < options.closed(); client++) {
            underWay.register();
            Thread.ofVirtual().start(() -> {
                while (now() < to * 1e9 && !ending) {
                    send(next(now()));
                }
                underWay.arriveAndDeregister();
            });
        }
        waitUntil((long) (to * 1e9));
    }

    private synchronized Request next(long intended) {
        boolean post = random.nextDouble() < options.post();
        int bytes = options.least() + random.nextInt(options.most() - options.least() + 1);
        return new Request(ids.incrementAndGet(), post, bytes, intended);
    }

    private void send(Request request) {
        long sent = now();
        String outcome = outcome(request);
        results.add(new Result(request, sent, now(), outcome));
    }

    private String outcome(Request request) {
        Connection connection = idle();
        try {
            if (connection == null) {
                connection = new Connection(port, options.timeout());
            }
            String outcome = connection.exchange(request);
            if (connection.usable()) {
                idle.add(connection);
            } else {
                connection.close();
            }
            return outcome;
        } catch (ConnectException e) {
            return "refused";
        } catch (SocketTimeoutException e) {
            connection.close();
            return "timeout";
        } catch (IOException e) {
            if (connection == null) {
                return "reset";
            }
            connection.close();
            return connection.begun() ? "cut" : e instanceof Closed ? "closed" : "reset";
        }
    }

    /** A connection that nobody uses and that is not known to have ended; null for none. */
    private Connection idle() {
        Connection connection = idle.poll();
        while (connection != null && connection.hasEnded()) {
            connection.close();
            connection = idle.poll();
        }
        return connection;
    }

    private long now() {
        return System.nanoTime() - start;
    }

    private void waitUntil(long nanos) {
        for (long left = nanos - now(); left > 0 && !ending; left = nanos - now()) {
            LockSupport.parkNanos(left);
        }
    }

    private void write(Path file) throws IOException {
        try (BufferedWriter out = Files.newBufferedWriter(file)) {
            for (Result result : results) {
                Request request = result.request();
                out.write(request.id() + " " + (request.post() ? "POST" : "GET") + " " + request.intended() + " "
                        + result.sent() + " " + result.end() + " " + result.outcome() + "\n");
            }
        }
    }

    /** The other side ended the connection in order. */
    private static final class Closed extends IOException {
        private static final long serialVersionUID = 1;

        Closed() {
            super("closed");
        }
    }

    /** One kept-alive connection; used by one thread at a time. */
    private static final class Connection {
        private final Socket socket = new Socket();
        private final InputStream in;
        private final byte[] buffer = new byte[32 << 10];
        private int from;
        private int to;
        private boolean begun;
        private boolean usable;
        private long used = System.nanoTime();

        Connection(int port, int timeoutSeconds) throws IOException {
            socket.connect(new InetSocketAddress("127.0.0.1", port), timeoutSeconds * 1000);
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(timeoutSeconds * 1000);
            in = socket.getInputStream();
        }

        /**
         * Whether the other side has ended it while it was idle. As clients do, it is looked at only after some time: one
         * that is in steady use must not end under a request.
         */
        boolean hasEnded() {
            if (System.nanoTime() - used < RESTED_NANOS) {
                return false;
            }
            try {
                int patience = socket.getSoTimeout();
                socket.setSoTimeout(1);
                try {
                    in.read();
                    return true; // an end, or what nobody asked for
                } catch (SocketTimeoutException quiet) {
                    socket.setSoTimeout(patience);
                    return false;
                }
            } catch (IOException gone) {
                return true;
            }
        }

        /** Whether a further request can be sent. */
        boolean usable() {
            return usable;
        }

        /** Whether a byte of the answer came. */
        boolean begun() {
            return begun;
        }

        String exchange(Request request) throws IOException {
            begun = false;
            usable = false;
            socket.getOutputStream().write(bytes(request));
            String outcome = answer(request);
            used = System.nanoTime();
            return outcome;
        }

        private static byte[] bytes(Request request) {
            String length = request.post() ? "Content-Length: " + request.bytes() + "\r\n" : "";
            byte[] head = ((request.post() ? "POST" : "GET") + " /bytes/" + request.bytes()
                            + " HTTP/1.1\r\nHost: localhost\r\nX-Id: " + request.id() + "\r\n" + length + "\r\n")
                    .getBytes(ISO_8859_1);
            byte[] bytes = Arrays.copyOf(head, head.length + (request.post() ? request.bytes() : 0));
            Arrays.fill(bytes, head.length, bytes.length, (byte) 'x');
            return bytes;
        }

        private String answer(Request request) throws IOException {
            String status = null;
            String id = null;
            long length = -1;
            boolean close = false;
            for (String line = line(); !line.isEmpty(); line = line()) {
                if (status == null) {
                    status = line.split(" ")[1];
                    continue;
                }
                int colon = line.indexOf(':');
                String value = line.substring(colon + 1).strip();
                switch (line.substring(0, colon).toLowerCase()) {
                    case "content-length" -> length = Long.parseLong(value);
                    case "connection" -> close = value.equalsIgnoreCase("close");
                    case "x-id" -> id = value;
                    default -> {}
                }
            }
            boolean right = length < 0 ? untilEnd() : content(length, id != null);
            usable = !close && length >= 0;
            boolean own = id == null || id.equals(Long.toString(request.id())) && length == request.bytes();
            return right && own ? status : "wrong";
        }

        private String line() throws IOException {
            var line = new StringBuilder();
            while (true) {
                if (from == to) {
                    fill();
                }
                char c = (char) (buffer[from++] & 0xff);
                begun = true;
                if (c == '\n') {
                    return line.toString();
                }
                if (c != '\r') {
                    line.append(c);
                }
            }
        }

        /** Reads so much content; false when it is a server's and not what servers send. */
        private boolean content(long length, boolean servers) throws IOException {
            boolean right = true;
            for (long left = length; left > 0; ) {
                if (from == to) {
                    fill();
                }
                int taken = (int) Math.min(left, to - from);
                right &= !servers || Arrays.equals(buffer, from, from + taken, CONTENT, 0, taken);
                from += taken;
                left -= taken;
            }
            return right;
        }

        private boolean untilEnd() throws IOException {
            while (in.read(buffer) >= 0) {
                // Only the end is of interest.
            }
            return true;
        }

        private void fill() throws IOException {
            from = 0;
            to = 0;
            int read = in.read(buffer);
            if (read < 0) {
                throw new Closed();
            }
            to = read;
        }

        void close() {
            try {
                socket.close();
            } catch (IOException e) {
                // It is of no further use in any case.
            }
        }
    }
}
