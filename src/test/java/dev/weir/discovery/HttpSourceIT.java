package dev.weir.discovery;

import static dev.weir.discovery.SourceReport.Outcome.FAILED;
import static dev.weir.discovery.SourceReport.Outcome.HELD;
import static dev.weir.discovery.SourceReport.Outcome.UNCHANGED;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

@Execution(ExecutionMode.CONCURRENT) // its tests mostly wait
class HttpSourceIT {
    @TempDir
    Path folder;

    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final List<String> asked = new CopyOnWriteArrayList<>();
    private HttpServer server;
    private volatile Handler handler = exchange -> answer(exchange, 200, "", "[]");

    @FunctionalInterface
    private interface Handler {
        void handle(HttpExchange exchange) throws IOException, InterruptedException;
    }

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", exchange -> {
            asked.add(header(exchange, "If-None-Match") + "|" + header(exchange, "Prefer") + "|"
                    + header(exchange, "Authorization"));
            try {
                handler.handle(exchange);
            } catch (InterruptedException over) {
                exchange.close();
            }
        });
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
        threads.shutdownNow();
    }

    private static String header(HttpExchange exchange, String name) {
        String value = exchange.getRequestHeaders().getFirst(name);
        return value == null ? "" : value;
    }

    private static void answer(HttpExchange exchange, int status, String etag, String body) throws IOException {
        if (!etag.isEmpty()) {
            exchange.getResponseHeaders().set("ETag", etag);
        }
        byte[] bytes = body.getBytes(UTF_8);
        exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    private String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort() + "/web?secret=1";
    }

    private Followed follow(String keys) {
        return Followed.of("[{ http: { url: \"" + url() + "\", every: 100ms" + keys + " } }]");
    }

    @Test
    void list_isReadAndAskedForAgain() {
        handler = exchange -> answer(exchange, 200, "", "[\"10.0.0.1:80\"]");
        try (Followed web = follow("")) {
            web.awaitServers("10.0.0.1:80");
            handler = exchange ->
                    answer(exchange, 200, "", "[\"10.0.0.1:80\", {\"address\":\"10.0.0.2:80\",\"weight\":2}]");
            web.awaitServers("10.0.0.1:80", "10.0.0.2:80");
            assertThat(web.report().source())
                    .isEqualTo("http:http://127.0.0.1:" + server.getAddress().getPort() + "/web");
        }
    }

    @Test
    void etag_known_savesTheAnswer() {
        handler = exchange -> {
            if (header(exchange, "If-None-Match").equals("\"1\"")) {
                answer(exchange, 304, "\"1\"", "");
            } else {
                answer(exchange, 200, "\"1\"", "[\"10.0.0.1:80\"]");
            }
        };
        try (Followed web = follow("")) {
            web.awaitServers("10.0.0.1:80");
            web.awaitMore(UNCHANGED, 3);
            assertThat(asked.subList(0, 3)).containsExactly("||", "\"1\"|wait=30|", "\"1\"|wait=30|");
            assertThat(web.told()).hasSize(1);
        }
    }

    @Test
    void answer_held_isFollowedByAnotherQuestionAtOnce() {
        handler = exchange -> {
            if (header(exchange, "If-None-Match").isEmpty()) {
                answer(exchange, 200, "\"1\"", "[\"10.0.0.1:80\"]");
            } else {
                Thread.sleep(1100);
                answer(exchange, 304, "\"1\"", "");
            }
        };
        try (Followed web = Followed.of("[{ http: { url: \"" + url() + "\", every: 3s, timeout: 1s } }]")) {
            web.awaitServers("10.0.0.1:80");
            await().until(() -> asked.size() >= 2);
            long begin = System.nanoTime();
            await().until(() -> asked.size() >= 4);
            // With a pause between them it would be eight seconds and more.
            assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(7));
            assertThat(web.count(FAILED)).isZero();
        }
    }

    @Test
    void preference_applied_isFollowedByAnotherQuestionAtOnce() {
        handler = exchange -> {
            exchange.getResponseHeaders().set("Preference-Applied", "wait=30");
            answer(exchange, 200, "\"1\"", "[\"10.0.0.1:80\"]");
        };
        try (Followed web = Followed.of("[{ http: { url: \"" + url() + "\", every: 1h } }]")) {
            web.awaitServers("10.0.0.1:80");
            web.awaitMore(UNCHANGED, 2);
        }
    }

    @Test
    void failures_ofAllKinds_keepTheLastList() throws Exception {
        handler = exchange -> answer(exchange, 200, "", "[\"10.0.0.1:80\"]");
        try (Followed web = follow(", timeout: 10s")) {
            web.awaitServers("10.0.0.1:80");
            handler = exchange -> answer(exchange, 503, "", "");
            awaitMessage(web, "the answer has the status 503");
            handler = exchange -> answer(exchange, 200, "", "<html>");
            awaitMessage(web, "expected a list");
            handler = exchange -> answer(exchange, 304, "", "");
            awaitMessage(web, "the answer has the status 304");
            assertThat(web.told()).hasSize(1);
            handler = exchange -> answer(exchange, 200, "", "[\"10.0.0.1:80\"]");
            web.awaitOutcome(UNCHANGED);
        }
    }

    private static void awaitMessage(Followed web, String part) {
        await().until(() -> web.report().message().contains(part));
    }

    @Test
    void answer_tooLong_isNotReadToTheEnd() {
        handler = exchange -> {
            exchange.sendResponseHeaders(200, 0);
            byte[] blanks = " ".repeat(1 << 16).getBytes(UTF_8);
            for (int i = 0; i < 1000; i++) {
                exchange.getResponseBody().write(blanks);
            }
            exchange.close();
        };
        try (Followed web = follow(", timeout: 10s")) {
            assertThat(web.awaitOutcome(FAILED).message()).startsWith("no answer (");
        }
    }

    @Test
    void answer_thatNeverEnds_isGivenUpInTime() {
        handler = exchange -> {
            exchange.sendResponseHeaders(200, 0);
            exchange.getResponseBody().write('[');
            exchange.getResponseBody().flush();
            Thread.sleep(Duration.ofMinutes(1));
        };
        try (Followed web = follow(", timeout: 300ms")) {
            awaitMessage(web, "no whole answer within 300 ms");
        }
    }

    @Test
    void endpoint_gone_isNamed() {
        server.stop(0);
        try (Followed web = follow("")) {
            assertThat(web.awaitOutcome(FAILED).message()).startsWith("no answer (");
        }
    }

    @Test
    void list_empty_isBelievedAfterSeconds() {
        handler = exchange -> answer(exchange, 200, "\"1\"", "[\"10.0.0.1:80\"]");
        try (Followed web = follow("")) {
            web.awaitServers("10.0.0.1:80");
            long begin = System.nanoTime();
            handler = exchange -> answer(exchange, 200, "\"2\"", "[]");
            web.awaitOutcome(HELD);
            web.awaitServers();
            assertThat(Duration.ofNanos(System.nanoTime() - begin)).isGreaterThan(Duration.ofSeconds(4));
        }
    }

    @Test
    void token_inAFile_isSentAndReadAnew() throws Exception {
        handler = exchange -> answer(exchange, 200, "", "[\"10.0.0.1:80\"]");
        Path token = Files.writeString(folder.resolve("token"), "one\n");
        try (Followed web = follow(", token-file: \"" + token + "\"")) {
            web.awaitServers("10.0.0.1:80");
            assertThat(asked).contains("||Bearer one");
            Files.writeString(token, "two\n");
            await().until(() -> asked.contains("||Bearer two"));
        }
    }

    @Test
    void token_missing_isSaid() {
        try (Followed web = follow(", token-env: WEIR_TEST_NO_SUCH_VARIABLE")) {
            assertThat(web.awaitOutcome(FAILED).message())
                    .isEqualTo("the environment variable WEIR_TEST_NO_SUCH_VARIABLE with the token is not set");
        }
    }
}
