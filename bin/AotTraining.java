import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The training run of the AOT cache: starts Weir before two small servers, sends it requests of all kinds, stops it.
 * Run from source by bin/make-aot-cache; the argument is the launcher.
 */
final class AotTraining {
    private static final int CLIENTS = 8;
    private static final int ROUNDS = 250;
    private static final Pattern BOUND = Pattern.compile("weir: (listening|admin) on .*:(\\d+)");
    private static final byte[] BIG = new byte[100_000];

    /** What each client sends in each round on one connection; a question mark makes the path match its own route. */
    private static final List<String> REQUESTS = List.of(
            "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n",
            "GET /api/items?page=2 HTTP/1.1\r\nHost: api.example\r\nUser-Agent: training\r\nAccept: */*\r\n"
                    + "Accept-Encoding: gzip\r\nCookie: a=b; c=d\r\nX-Forwarded-For: 10.1.1.1\r\n\r\n",
            "GET /static/a.css HTTP/1.1\r\nHost: a.example\r\nIf-None-Match: \"x\"\r\n\r\n",
            "GET /big HTTP/1.1\r\nHost: a.example\r\n\r\n",
            "GET /chunked HTTP/1.1\r\nHost: a.example\r\n\r\n",
            "POST /form HTTP/1.1\r\nHost: a.example\r\nContent-Length: 11\r\n\r\nhello=world",
            "PUT /chunks HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
            "GET /api/items HTTP/1.1\r\nHost: api.example\r\nX-Beta: 1\r\n\r\n",
            "DELETE /refused HTTP/1.1\r\nHost: none.example\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n");

    /** Each on a connection of its own, once a round in ten. */
    private static final List<String> LAST_REQUESTS = List.of(
            "GET / HTTP/1.0\r\n\r\n",
            "HEAD / HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n",
            "GET / HTTP/1.1\r\n\r\n",
            "GET /closing HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n");

    private AotTraining() {}

    public static void main(String[] args) throws Exception {
        Path directory = Files.createTempDirectory("weir-training");
        try (ServerSocket one = serve();
                ServerSocket two = serve();
                ServerSocket closed = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            closed.close();
            Path config = directory.resolve("weir.yaml");
            Files.writeString(config, config(directory, one, two, closed));
            Process weir = new ProcessBuilder(args[0], "run", config.toString())
                    .redirectErrorStream(true)
                    .start();
            try {
                train(weir);
            } finally {
                weir.toHandle().destroy(); // SIGTERM; Process.destroy would close its output as well
            }
            // The JVM writes the cache when it ends.
            if (!weir.waitFor(180, TimeUnit.SECONDS)) {
                weir.destroyForcibly();
                throw new IOException("Weir did not end");
            }
        } finally {
            try (var files = Files.list(directory)) {
                for (Path file : files.toList()) {
                    Files.delete(file);
                }
            }
            Files.delete(directory);
        }
    }

    private static String config(Path directory, ServerSocket one, ServerSocket two, ServerSocket closed) {
        return """
                listeners:
                  - bind: "127.0.0.1:0"
                    trusted-proxies: ["10.0.0.0/8"]
                routes:
                  - match: { host: api.example, path: "/api/*", headers: { x-beta: "1" } }
                    pool: web
                  - match: { host: "*.example", methods: [GET, HEAD, POST, PUT] }
                    pool: web
                pools:
                  web:
                    servers: ["127.0.0.1:%d", { address: "127.0.0.1:%d", weight: 2 }, "127.0.0.1:%d"]
                access-log: { path: "%s" }
                admin: { bind: "127.0.0.1:0" }
                shutdown: { deadline: 1s }
                """
                .formatted(
                        one.getLocalPort(), two.getLocalPort(), closed.getLocalPort(), directory.resolve("access.log"));
    }

    private static void train(Process weir) throws Exception {
        int[] ports = new int[2]; // traffic, admin
        BufferedReader out = weir.inputReader();
        while (ports[0] == 0 || ports[1] == 0) {
            String line = out.readLine();
            if (line == null) {
                throw new IOException("Weir ended");
            }
            System.out.println(line);
            Matcher bound = BOUND.matcher(line);
            if (bound.matches()) {
                ports[bound.group(1).equals("admin") ? 1 : 0] = Integer.parseInt(bound.group(2));
            }
        }
        Thread.ofVirtual().start(() -> out.lines().forEach(System.out::println));
        try (ExecutorService clients = Executors.newFixedThreadPool(CLIENTS)) {
            List<Future<?>> done = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                done.add(clients.submit(() -> {
                    client(ports[0]);
                    return null;
                }));
            }
            for (Future<?> one : done) {
                one.get();
            }
        }
        for (String path : List.of("/livez", "/readyz", "/metrics", "/metrics")) {
            try (Socket admin = new Socket(InetAddress.getLoopbackAddress(), ports[1])) {
                send(admin, "GET " + path + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
                admin.getInputStream().readAllBytes();
            }
        }
    }

    private static void client(int port) throws IOException {
        for (int round = 0; round < ROUNDS; round++) {
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                for (String request : REQUESTS) {
                    send(socket, request);
                    readMessage(socket.getInputStream(), false);
                }
            }
            for (String request : round % 10 == 0 ? LAST_REQUESTS : List.<String>of()) {
                try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                    send(socket, request);
                    socket.getInputStream().readAllBytes();
                }
            }
        }
    }

    private static ServerSocket serve() throws IOException {
        ServerSocket listening = new ServerSocket(0, 256, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(() -> {
            while (!listening.isClosed()) {
                try {
                    Socket socket = listening.accept();
                    Thread.ofVirtual().start(() -> answer(socket));
                } catch (IOException end) {
                    return;
                }
            }
        });
        return listening;
    }

    private static void answer(Socket socket) {
        try (socket) {
            InputStream in = socket.getInputStream();
            String head;
            while (!(head = readMessage(in, true)).isEmpty()) {
                if (head.startsWith("GET /big ")) {
                    send(socket, "HTTP/1.1 200 OK\r\nContent-Length: " + BIG.length + "\r\n\r\n");
                    socket.getOutputStream().write(BIG);
                } else if (head.startsWith("GET /chunked ")) {
                    send(socket, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
                } else if (head.startsWith("GET /closing ")) {
                    send(socket, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nto the end");
                    return;
                } else {
                    send(socket, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\n"
                            + (head.startsWith("HEAD ") ? "" : "hello"));
                }
            }
        } catch (IOException gone) {
            // Weir closed the connection.
        }
    }

    private static void send(Socket socket, String text) throws IOException {
        OutputStream out = socket.getOutputStream();
        out.write(text.getBytes(StandardCharsets.ISO_8859_1));
        out.flush();
    }

    /** Reads a head and its content; returns the head in small letters but for its first line, empty at the end. */
    private static String readMessage(InputStream in, boolean request) throws IOException {
        String head = readThrough(in, "\r\n\r\n");
        String fields = head.toLowerCase(Locale.ROOT);
        int length = fields.indexOf("\r\ncontent-length:");
        if (length >= 0) {
            int from = length + "\r\ncontent-length:".length();
            in.skipNBytes(Integer.parseInt(
                    fields.substring(from, fields.indexOf("\r\n", from)).trim()));
        } else if (fields.contains("\r\ntransfer-encoding:")) {
            readThrough(in, "\r\n0\r\n\r\n");
        } else if (!request && !head.isEmpty()) {
            in.readAllBytes();
        }
        return head;
    }

    private static String readThrough(InputStream in, String end) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        int matched = 0;
        while (matched < end.length()) {
            int next = in.read();
            if (next < 0) {
                return "";
            }
            bytes.write(next);
            matched = next == end.charAt(matched) ? matched + 1 : next == end.charAt(0) ? 1 : 0;
        }
        return bytes.toString(StandardCharsets.ISO_8859_1);
    }
}
