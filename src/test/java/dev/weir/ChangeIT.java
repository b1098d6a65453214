package dev.weir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import dev.weir.testing.Programs;
import dev.weir.testing.Quiet;
import dev.weir.testing.RawClient;
import dev.weir.testing.RunningWeir;
import dev.weir.testing.ScriptedServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A running Weir changes to another configuration. */
class ChangeIT {
    private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    private static final String LAST_GET = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    private static final int CLIENTS = 4;

    private final List<ScriptedServer> servers = new CopyOnWriteArrayList<>();

    @TempDir
    Path directory;

    @AfterEach
    void end() throws IOException {
        for (ScriptedServer server : servers) {
            server.close();
        }
    }

    /** Answers at once and counts. */
    private String counting(AtomicInteger requests) throws IOException {
        return started(ScriptedServer.of(connection -> {
            while (!connection.readMessage().head().isEmpty()) {
                requests.incrementAndGet();
                connection.send(OK);
            }
        }));
    }

    /** Says that a request came, and answers it once it may. */
    private String hesitating(Semaphore came, Semaphore may) throws IOException {
        return started(ScriptedServer.of(connection -> {
            while (!connection.readMessage().head().isEmpty()) {
                came.release();
                may.acquire();
                connection.send(OK);
            }
        }));
    }

    private String started(ScriptedServer server) {
        servers.add(server);
        return server.address();
    }

    private static String pool(String keys, String... addresses) {
        return """
                event-loops: 2
                admin: { bind: "127.0.0.1:0" }
                shutdown: { deadline: 5s }
                listeners: [{ bind: "127.0.0.1:0" }]
                pools: { web: { %s, servers: [%s] } }
                """.formatted(keys, addresses.length == 0 ? "" : '"' + String.join("\", \"", addresses) + '"');
    }

    @Test
    void serversComeAndGo_underLoad_noRequestFails() throws Exception {
        AtomicInteger[] counts = {new AtomicInteger(), new AtomicInteger(), new AtomicInteger()};
        String[] all = {counting(counts[0]), counting(counts[1]), counting(counts[2])};
        try (RunningWeir weir = RunningWeir.of(pool("health: off", all))) {
            AtomicIntegerArray answered = new AtomicIntegerArray(CLIENTS);
            Semaphore stop = new Semaphore(0);
            List<CompletableFuture<Void>> clients = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                int client = i;
                clients.add(CompletableFuture.runAsync(
                        () -> load(weir, answered, client, stop),
                        task -> Thread.ofVirtual().start(task)));
            }
            for (int change = 0; change < 60; change++) {
                int out = change % 3;
                weir.apply(pool("health: off", all[(out + 1) % 3], all[(out + 2) % 3]));
                awaitAnswers(answered, 1); // those on their way have been counted by then
                int before = counts[out].get();
                awaitAnswers(answered, 5);
                assertThat(counts[out].get()).as("requests of a removed server").isEqualTo(before);
                weir.apply(pool("health: off", all));
                await().pollInterval(Duration.ofMillis(1)).until(() -> counts[out].get() > before);
            }
            stop.release(CLIENTS);
            for (CompletableFuture<Void> client : clients) {
                client.get();
            }
            Quiet.awaitQuiet(weir);
        }
    }

    /** So many more for each client. */
    private static void awaitAnswers(AtomicIntegerArray answered, int more) {
        for (int i = 0; i < CLIENTS; i++) {
            int client = i;
            int target = answered.get(client) + more;
            await().pollInterval(Duration.ofMillis(1)).until(() -> answered.get(client) >= target);
        }
    }

    private static void load(RunningWeir weir, AtomicIntegerArray answered, int number, Semaphore stop) {
        try (RawClient client = weir.connect()) {
            while (!stop.tryAcquire()) {
                client.send(GET);
                assertThat(client.readMessage().head()).startsWith("HTTP/1.1 200");
                answered.incrementAndGet(number);
            }
        } catch (IOException failure) {
            throw new AssertionError("after " + answered + " answers", failure);
        }
    }

    @Test
    void serverRemoved_finishesWhatItWasGiven() throws Exception {
        Semaphore came = new Semaphore(0);
        Semaphore may = new Semaphore(0);
        String slow = hesitating(came, may);
        String other = counting(new AtomicInteger());
        try (RunningWeir weir = RunningWeir.of(pool("health: off", slow));
                RawClient client = weir.connect()) {
            client.send(LAST_GET);
            came.acquire();
            weir.apply(pool("health: off", other));
            assertThat(weir.exchange(LAST_GET)).startsWith("HTTP/1.1 200");
            assertThat(weir.metrics())
                    .contains("weir_server_requests_in_flight{pool=\"web\",server=\"" + slow + "\"} 1");
            may.release();
            assertThat(client.readToEnd()).startsWith("HTTP/1.1 200");
            await().untilAsserted(() -> assertThat(weir.metrics()).doesNotContain(slow));
            Quiet.awaitQuiet(weir);
        }
    }

    @Test
    void serverRemovedAndCut_itsTunnelsEnd_andItsRequestsGoElsewhere() throws Exception {
        Semaphore came = new Semaphore(0);
        String given = started(ScriptedServer.of(connection -> {
            String head = connection.readMessage().head();
            if (head.contains("Upgrade: echo")) {
                connection.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
            }
            came.release();
            connection.readToEnd();
        }));
        String other = counting(new AtomicInteger());
        try (RunningWeir weir = RunningWeir.of(pool("health: off", given));
                RawClient tunnel = weir.connect();
                RawClient waiting = weir.connect()) {
            tunnel.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
            assertThat(tunnel.readHead()).startsWith("HTTP/1.1 101");
            waiting.send(LAST_GET);
            came.acquire(2);
            weir.apply(pool("health: off", other));
            weir.weir().cut("web", given);
            assertThat(waiting.readToEnd()).startsWith("HTTP/1.1 200");
            assertThatThrownBy(tunnel::read).hasMessageContaining("reset");
            Quiet.awaitQuiet(weir);
        }
    }

    @Test
    void serverAdded_takesTheRequestsThatWait() throws Exception {
        AtomicInteger requests = new AtomicInteger();
        String server = counting(requests);
        String waiting = "health: off, queue: { timeout: 10s }";
        try (RunningWeir weir = RunningWeir.of(pool(waiting));
                RawClient client = weir.connect()) {
            client.send(LAST_GET);
            await().until(() -> weir.metric("weir_queue_length{pool=\"web\"}") == 1);
            weir.apply(pool(waiting, server));
            assertThat(client.readToEnd()).startsWith("HTTP/1.1 200");
            assertThat(requests).hasValue(1);
        }
    }

    @Test
    void serverAdded_isCheckedFirst_thenGetsRequestsSoon() throws Exception {
        AtomicInteger requests = new AtomicInteger();
        String first = counting(new AtomicInteger());
        String added = counting(requests);
        String checked = "balance: round-robin, slow-start: 0s, health: { path: /, every: 1h }";
        try (RunningWeir weir = RunningWeir.of(pool(checked, first))) {
            assertThat(weir.exchange(LAST_GET)).startsWith("HTTP/1.1 200");
            weir.apply(pool(checked, first, added));
            await().until(() -> {
                weir.exchange(LAST_GET);
                return requests.get() >= 2;
            });
        }
    }

    @Test
    void serverThatIsDown_staysSo() throws Exception {
        String dead = "127.0.0.1:" + Programs.freePort();
        String up = counting(new AtomicInteger());
        String keys = "health: { type: tcp, every: 1h, initial: up }, balance: round-robin";
        try (RunningWeir weir = RunningWeir.of(pool(keys, dead, up))) {
            String down = "weir_server_state{pool=\"web\",server=\"" + dead + "\",state=\"down\"}";
            await().until(() -> {
                weir.exchange(LAST_GET);
                return weir.metric(down) == 1;
            });
            weir.apply(pool(keys + ", timeouts: { connect: 2s }", up, dead));
            assertThat(weir.metric(down)).isEqualTo(1);
        }
    }

    @Test
    void unchangedListener_keepsItsConnectionsAndTunnels() throws Exception {
        String echoing = started(ScriptedServer.of(connection -> {
            String head = connection.readMessage().head();
            if (head.contains("Upgrade: echo")) {
                connection.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
                connection.send(connection.readText(4));
                connection.readToEnd();
            }
        }));
        AtomicInteger others = new AtomicInteger();
        String other = counting(others);
        try (RunningWeir weir = RunningWeir.of(pool("health: off", echoing));
                RawClient tunnel = weir.connect();
                RawClient idle = weir.connect()) {
            tunnel.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
            assertThat(tunnel.readHead()).startsWith("HTTP/1.1 101");
            int port = weir.port();
            weir.apply(pool("health: off", other));
            assertThat(weir.port()).isEqualTo(port);
            idle.send(GET);
            assertThat(idle.readMessage().head()).startsWith("HTTP/1.1 200");
            tunnel.send("ping");
            assertThat(tunnel.readText(4)).isEqualTo("ping");
            assertThat(others).hasValue(1);
        }
    }

    private String listeners(String server, String... listeners) {
        return """
                event-loops: 1
                shutdown: { deadline: 5s }
                listeners: [%s]
                pools: { web: { health: off, servers: ["%s"] } }
                """.formatted(String.join(", ", listeners), server);
    }

    @Test
    void listenerRemoved_itsConnectionsEndAfterTheirExchange() throws Exception {
        Semaphore came = new Semaphore(0);
        Semaphore may = new Semaphore(0);
        String server = hesitating(came, may);
        String first = "{ bind: \"127.0.0.1:0\" }";
        String second = "{ bind: \"[::1]:" + Programs.freePort() + "\" }";
        try (RunningWeir weir = RunningWeir.of(listeners(server, first));
                RawClient idle = weir.connect();
                RawClient busy = weir.connect()) {
            int port = weir.port();
            may.release();
            idle.send(GET);
            assertThat(idle.readMessage().head()).startsWith("HTTP/1.1 200");
            came.acquire();
            busy.send(GET);
            came.acquire();
            weir.apply(listeners(server, second));
            assertThat(idle.readToEnd()).isEmpty();
            assertThatThrownBy(() -> new RawClient(port)).isInstanceOf(IOException.class);
            may.release();
            assertThat(busy.readToEnd()).startsWith("HTTP/1.1 200").contains("Connection: close");
            assertThat(weir.port()).isNotEqualTo(port);
        }
    }

    @Test
    void listenerThatCannotBeBound_nothingChanges() throws Exception {
        AtomicInteger before = new AtomicInteger();
        AtomicInteger after = new AtomicInteger();
        String first = "{ bind: \"127.0.0.1:0\" }";
        String known = counting(before);
        String other = counting(after);
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                RunningWeir weir = RunningWeir.of(listeners(known, first))) {
            String refused = "{ bind: \"127.0.0.1:" + taken.getLocalPort() + "\" }";
            assertThatThrownBy(() -> weir.apply(listeners(other, first, refused)))
                    .hasMessageContaining("cannot listen on 127.0.0.1:" + taken.getLocalPort())
                    .hasMessageContaining("in use");
            assertThat(weir.exchange(LAST_GET)).startsWith("HTTP/1.1 200");
            assertThat(before).hasValue(1);
            assertThat(weir.weir().ports()).hasSize(1);
            weir.apply(listeners(other, first));
            assertThat(weir.exchange(LAST_GET)).startsWith("HTTP/1.1 200");
            assertThat(after).hasValue(1);
        }
    }

    @Test
    void listenerChanged_holdsForWhoComesNext() throws Exception {
        String server = counting(new AtomicInteger());
        try (RunningWeir weir = RunningWeir.of(listeners(server, "{ bind: \"127.0.0.1:0\" }"))) {
            int port = weir.port();
            weir.apply(listeners(server, "{ bind: \"127.0.0.1:0\", limits: { header-bytes: 1KiB } }"));
            assertThat(weir.port()).isEqualTo(port);
            String large =
                    "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Large: " + "x".repeat(2000) + "\r\n\r\n";
            assertThat(weir.exchange(large)).startsWith("HTTP/1.1 431");
        }
    }

    @Test
    void poolAndRoute_comeAndGo() throws Exception {
        AtomicInteger web = new AtomicInteger();
        AtomicInteger api = new AtomicInteger();
        String one = """
                event-loops: 1
                admin: { bind: "127.0.0.1:0" }
                listeners: [{ bind: "127.0.0.1:0" }]
                pools: { web: { health: off, servers: ["%s"] } }
                """.formatted(counting(web));
        String two = one.replace(
                "pools: {",
                "routes: [{ match: { path: \"/api/*\" }, pool: api }, { pool: web }]\npools: { "
                        + "api: { health: off, servers: [\"" + counting(api) + "\"] }, ");
        String request = LAST_GET.replace("GET /", "GET /api/x");
        try (RunningWeir weir = RunningWeir.of(one)) {
            assertThat(weir.exchange(request)).startsWith("HTTP/1.1 200");
            weir.apply(two);
            assertThat(weir.exchange(request)).startsWith("HTTP/1.1 200");
            assertThat(api).hasValue(1);
            weir.apply(one);
            assertThat(weir.exchange(request)).startsWith("HTTP/1.1 200");
            assertThat(web).hasValue(2);
            await().untilAsserted(() -> assertThat(weir.metrics()).doesNotContain("pool=\"api\""));
        }
    }

    @Test
    void accessLog_goesWhereItIsTold() throws Exception {
        String server = counting(new AtomicInteger());
        Path first = directory.resolve("first.log");
        Path second = directory.resolve("second.log");
        String yaml = listeners(server, "{ bind: \"127.0.0.1:0\" }") + "access-log: { path: \"%s\" }\n";
        try (RunningWeir weir = RunningWeir.of(yaml.formatted(first))) {
            weir.exchange(LAST_GET);
            weir.apply(yaml.formatted(second));
            weir.exchange(LAST_GET);
            weir.exchange(LAST_GET);
            weir.apply(listeners(server, "{ bind: \"127.0.0.1:0\" }"));
            weir.exchange(LAST_GET);
        }
        assertThat(Files.readAllLines(first)).hasSize(1);
        assertThat(Files.readAllLines(second)).hasSize(2);
    }

    @Test
    void waysToConnectChange_idleConnectionsAreNotUsedForThem() throws Exception {
        List<String> preambles = new CopyOnWriteArrayList<>();
        String server = started(ScriptedServer.of(connection -> {
            while (true) {
                String head = connection.readMessage().head();
                if (head.isEmpty()) {
                    return;
                }
                preambles.add(head.lines().findFirst().orElse(""));
                connection.send(OK);
            }
        }));
        try (RunningWeir weir = RunningWeir.of(pool("health: off", server))) {
            assertThat(weir.exchange(LAST_GET)).startsWith("HTTP/1.1 200");
            weir.apply(pool("health: off, proxy-protocol: v1", server));
            weir.exchange(LAST_GET);
            assertThat(preambles.getFirst()).startsWith("GET");
            assertThat(preambles.get(1)).startsWith("PROXY TCP4");
        }
    }

    @Test
    void stop_duringAChange_endsAfterIt() throws Exception {
        String server = counting(new AtomicInteger());
        Path pipe = directory.resolve("access.log");
        assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor())
                .isZero();
        int port = Programs.freePort();
        String first = "{ bind: \"127.0.0.1:0\" }";
        RunningWeir weir = RunningWeir.of(listeners(server, first));
        // Opening a pipe takes until somebody reads from it.
        String next = listeners(server, first, "{ bind: \"127.0.0.1:" + port + "\" }") + "access-log: { path: \"" + pipe
                + "\" }\n";
        CompletableFuture<@Nullable Throwable> change = new CompletableFuture<>();
        Thread changing = Thread.ofPlatform().start(() -> change.complete(catchThrowable(() -> weir.apply(next))));
        await().until(() -> Arrays.stream(changing.getStackTrace())
                .anyMatch(frame -> frame.getClassName().endsWith("LogFile")));
        weir.weir().stop();
        CompletableFuture<Void> stopped = CompletableFuture.runAsync(weir.weir()::awaitStop);
        assertThatThrownBy(() -> stopped.get(200, TimeUnit.MILLISECONDS)).isInstanceOf(TimeoutException.class);
        try (InputStream reader = Files.newInputStream(pipe)) {
            assertThat(change.get(30, TimeUnit.SECONDS)).isNull();
            stopped.get(30, TimeUnit.SECONDS);
            assertThat(reader.readAllBytes()).isEmpty();
        }
        assertThat(Programs.listens(port)).isFalse();
        assertThatThrownBy(() -> weir.apply(next)).hasMessageContaining("Weir is stopping");
    }
}
