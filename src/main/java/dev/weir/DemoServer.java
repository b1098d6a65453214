package dev.weir;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;

/** A server to try Weir with: says who it is, and misbehaves when it is asked to. Each request has a virtual thread. */
final class DemoServer implements AutoCloseable {
    // The JDK's server takes these from system properties, read once; the defaults cut long streams and delay answers.
    private static final Map<String, String> SETTINGS = Map.of(
            "sun.net.httpserver.nodelay", "true",
            "sun.net.httpserver.maxIdleConnections", "10000",
            "sun.net.httpserver.maxReqTime", "60", // seconds
            "sun.net.httpserver.maxRspTime", "-1"); // a stream of events has no end

    /** Where it says whether it is well. */
    static final String HEALTH = "/health";

    private static final byte[] LOOPBACK = {127, 0, 0, 1};
    private static final int BACKLOG = 1024;
    private static final String TEXT = "text/plain; charset=utf-8";
    private static final long MOST_MILLIS = 60_000;
    private static final long MOST_BYTES = 1L << 30;

    private final int number;
    private final HttpServer server;
    private final AtomicLong requests = new AtomicLong();
    /** Until when it says that it is ill, in nanoseconds. Written and read by its virtual threads. */
    private volatile long illUntil = System.nanoTime();

    private final ExecutorService threads = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("weir-demo-", 0).factory());

    private DemoServer(int number, HttpServer server) {
        this.number = number;
        this.server = server;
    }

    /** Starts on a free port of the loopback address. */
    static DemoServer start(int number) throws IOException {
        SETTINGS.forEach((key, value) -> System.getProperties().putIfAbsent(key, value));
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getByAddress(LOOPBACK), 0), BACKLOG);
        DemoServer demo = new DemoServer(number, server);
        server.setExecutor(demo.threads);
        server.createContext("/", demo::handle);
        server.start();
        return demo;
    }

    /** Where it listens, as host:port. */
    String address() {
        return "127.0.0.1:" + server.getAddress().getPort();
    }

    private void handle(HttpExchange exchange) throws IOException {
        boolean check = exchange.getRequestURI().getPath().equals(HEALTH);
        long request = check ? 0 : requests.incrementAndGet();
        try (exchange) {
            exchange.getRequestBody().transferTo(OutputStream.nullOutputStream());
            if (check) {
                boolean ill = illUntil - System.nanoTime() > 0;
                text(exchange, ill ? 503 : 200, ill ? "ill" : "well");
            } else {
                answer(exchange, request);
            }
        } catch (InterruptedException end) {
            Thread.currentThread().interrupt();
        }
    }

    private void answer(HttpExchange exchange, long request) throws IOException, InterruptedException {
        URI uri = exchange.getRequestURI();
        String path = uri.getPath();
        String[] segments = path.split("/", -1);
        String first = segments.length > 1 ? segments[1] : "";
        String second = segments.length > 2 ? segments[2] : "";
        switch (first) {
            case "slow" -> {
                long millis = number(query(uri, "ms"), 1000, MOST_MILLIS);
                Thread.sleep(Duration.ofMillis(millis));
                text(exchange, 200, hello(exchange, request, " after " + millis + " ms"));
            }
            case "status" ->
                text(exchange, (int) Math.max(200, number(second, 200, 599)), hello(exchange, request, ""));
            case "bytes" -> bytes(exchange, number(second, 1024, MOST_BYTES));
            case "headers" -> text(exchange, 200, hello(exchange, request, "") + fields(exchange));
            case "events" -> events(exchange);
            case "ill" -> {
                long seconds = number(query(uri, "seconds"), 10, MOST_MILLIS / 1000);
                illUntil = System.nanoTime() + seconds * 1_000_000_000;
                text(exchange, 200, hello(exchange, request, ", is ill for " + seconds + " s"));
            }
            default -> text(exchange, 200, hello(exchange, request, ""));
        }
    }

    private String hello(HttpExchange exchange, long request, String more) {
        return "hello from demo server %d (%s), request %d: %s %s%s%n"
                .formatted(number, address(), request, exchange.getRequestMethod(), exchange.getRequestURI(), more);
    }

    private static String fields(HttpExchange exchange) {
        StringBuilder text = new StringBuilder();
        new TreeMap<>(exchange.getRequestHeaders())
                .forEach((name, values) -> values.forEach(
                        value -> text.append(name).append(": ").append(value).append('\n')));
        return text.toString();
    }

    private static void text(HttpExchange exchange, int status, String text) throws IOException {
        byte[] bytes = text.getBytes(UTF_8);
        exchange.getResponseHeaders().set("Content-Type", TEXT);
        if (bodiless(exchange, status)) {
            exchange.sendResponseHeaders(status, -1);
            return;
        }
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    private static boolean bodiless(HttpExchange exchange, int status) {
        return exchange.getRequestMethod().equals("HEAD") || status == 204 || status == 304;
    }

    private static void bytes(HttpExchange exchange, long count) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", "application/octet-stream");
        if (count == 0 || bodiless(exchange, 200)) {
            exchange.sendResponseHeaders(200, -1);
            return;
        }
        exchange.sendResponseHeaders(200, count);
        byte[] piece = new byte[(int) Math.min(count, 64 << 10)];
        for (long left = count; left > 0; left -= piece.length) {
            exchange.getResponseBody().write(piece, 0, (int) Math.min(left, piece.length));
        }
    }

    /** One server-sent event each second until the client goes away or the demonstration ends. */
    private void events(HttpExchange exchange) throws IOException, InterruptedException {
        exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
        exchange.sendResponseHeaders(200, bodiless(exchange, 200) ? -1 : 0);
        for (int i = 1; !bodiless(exchange, 200); i++) {
            String event = "data: event " + i + " from demo server " + number + "\n\n";
            exchange.getResponseBody().write(event.getBytes(UTF_8));
            exchange.getResponseBody().flush();
            Thread.sleep(Duration.ofSeconds(1));
        }
    }

    /** The value of a query parameter; empty when there is none. */
    private static String query(URI uri, String name) {
        String query = uri.getQuery() == null ? "" : uri.getQuery();
        for (String parameter : query.split("&", -1)) {
            if (parameter.startsWith(name + "=")) {
                return parameter.substring(name.length() + 1);
            }
        }
        return "";
    }

    /** A number from a request, kept within 0 and {@code most}; {@code otherwise} when it is none. */
    private static long number(String text, long otherwise, long most) {
        try {
            return Math.clamp(Long.parseLong(text), 0, most);
        } catch (NumberFormatException none) {
            return otherwise;
        }
    }

    /** Ends at once; requests under way are cut off. */
    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
