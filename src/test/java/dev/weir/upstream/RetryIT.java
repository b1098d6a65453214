package dev.weir.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weir.testing.Programs;
import dev.weir.testing.Quiet;
import dev.weir.testing.RawClient;
import dev.weir.testing.RunningWeir;
import dev.weir.testing.ScriptedServer;
import dev.weir.testing.UnansweringServer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What is tried again at another server, and what must not be. */
class RetryIT {
    private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    private static final String GET_AND_STAY = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    /** In turn over the servers, from the first: round-robin begins there in a pool of equals. */
    private static RunningWeir inTurn(String poolKeys, String... addresses) {
        String servers =
                List.of(addresses).stream().map(each -> '"' + each + '"').collect(Collectors.joining(", "));
        return RunningWeir.of("""
                event-loops: 1
                admin: { bind: "127.0.0.1:0" }
                listeners: [{ bind: "127.0.0.1:0" }]
                pools: { web: { balance: round-robin, servers: [%s], health: off, ejection: off, %s } }
                """.formatted(servers, poolKeys));
    }

    private static String refusing() throws IOException {
        return "127.0.0.1:" + Programs.freePort();
    }

    private static String post(int length) {
        return "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: " + length + "\r\n\r\n"
                + "x".repeat(length);
    }

    @Test
    void refused_oneOfTwo_everyRequestIsAnswered() throws Exception {
        try (ScriptedServer server = ScriptedServer.answering(OK);
                RunningWeir weir = inTurn("retry: { attempts: 2 }", refusing(), server.address())) {
            for (int i = 0; i < 10; i++) {
                assertThat(weir.exchange(GET)).startsWith("HTTP/1.1 200 ");
                assertThat(weir.exchange(post(10))).startsWith("HTTP/1.1 200 ");
            }
            assertThat(Quiet.sum(weir.metrics(), "weir_upstream_retries_total{"))
                    .isPositive();
            Quiet.awaitQuiet(weir);
        }
    }

    @Test
    void refusedByAll_502AtOnceAfterThreeAttempts() throws Exception {
        String keys = "retry: { attempts: 2 }, queue: { timeout: 1m }";
        try (RunningWeir weir = inTurn(keys, refusing(), refusing(), refusing(), refusing())) {
            weir.exchange(GET);
            long start = System.nanoTime();
            assertThat(weir.exchange(GET))
                    .startsWith("HTTP/1.1 502 ")
                    .contains("Proxy-Status: weir; error=connection_refused; details=\"connect-refused\"");
            assertThat(TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start))
                    .as("seconds; the queue is not waited in")
                    .isLessThan(20);
            assertThat(Quiet.sum(weir.metrics(), "weir_upstream_attempts_total{"))
                    .isEqualTo(6);
            Quiet.awaitQuiet(weir);
        }
    }

    @Test
    void refused_noFurtherAttemptsAllowed_502() throws Exception {
        try (ScriptedServer server = ScriptedServer.answering(OK);
                RunningWeir weir = inTurn("retry: { attempts: 0 }", refusing(), server.address())) {
            List<Integer> statuses = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                statuses.add(Integer.parseInt(weir.exchange(GET).substring(9, 12)));
            }
            assertThat(statuses).containsExactlyInAnyOrder(200, 200, 502, 502);
        }
    }

    @Test
    void keptConnectionClosed_whileTheRequestIsWorkedOn_nextServerAnswers() throws Exception {
        ScriptedServer.Script dies = connection -> {
            connection.readMessage();
            connection.send(OK);
            connection.readMessage();
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
        };
        try (ScriptedServer dying = ScriptedServer.of(dies);
                ScriptedServer server = ScriptedServer.answering(OK);
                RunningWeir weir = inTurn("retry: { attempts: 1 }", dying.address(), server.address());
                RawClient client = weir.connect()) {
            String retried = "weir_retries_total{pool=\"web\",reason=\"server-closed\"}";
            for (int i = 0; i < 4 && weir.metric(retried) != 1; i++) {
                assertThat(client.send(GET_AND_STAY).readMessage().status()).isEqualTo(200);
            }
            assertThat(weir.metric(retried)).isEqualTo(1);
            assertThat(dying.accepted()).isEqualTo(1);
            client.close();
            Quiet.awaitQuiet(weir);
        }
    }

    @Test
    void connectTimeout_nextServerAnswers() throws Exception {
        try (UnansweringServer silent = new UnansweringServer();
                ScriptedServer server = ScriptedServer.answering(OK);
                RunningWeir weir = inTurn("timeouts: { connect: 100ms }", silent.address(), server.address())) {
            for (int i = 0; i < 4; i++) {
                assertThat(weir.exchange(post(3))).startsWith("HTTP/1.1 200 ");
            }
            assertThat(Quiet.sum(weir.metrics(), "weir_upstream_connect_failures_total{"))
                    .isPositive();
            Quiet.awaitQuiet(weir);
        }
    }

    @Test
    void connectTimeout_noOtherServer_504() throws Exception {
        try (UnansweringServer silent = new UnansweringServer();
                RunningWeir weir = inTurn("timeouts: { connect: 100ms }", silent.address())) {
            assertThat(weir.exchange(GET))
                    .startsWith("HTTP/1.1 504 ")
                    .contains("error=connection_timeout; details=\"connect-timeout\"");
            Quiet.awaitQuiet(weir);
        }
    }

    @Test
    void unknownName_nextServerAnswers_alone502() throws Exception {
        try (ScriptedServer server = ScriptedServer.answering(OK);
                RunningWeir both = inTurn("retry: { attempts: 1 }", "no-such-host.invalid:80", server.address());
                RunningWeir alone = inTurn("retry: { attempts: 1 }", "no-such-host.invalid:80")) {
            assertThat(both.exchange(GET)).startsWith("HTTP/1.1 200 ");
            assertThat(both.exchange(GET)).startsWith("HTTP/1.1 200 ");
            assertThat(alone.exchange(GET))
                    .startsWith("HTTP/1.1 502 ")
                    .contains("error=dns_error; details=\"dns-error\"");
            Quiet.awaitQuiet(alone);
        }
    }

    @Test
    void localhost_onlyOneFamilyListens_connectsWhichever() throws Exception {
        try (ScriptedServer server = ScriptedServer.answering(OK);
                RunningWeir weir = inTurn("retry: { attempts: 0 }", "localhost:" + server.port())) {
            assertThat(weir.exchange(GET)).startsWith("HTTP/1.1 200 ");
        }
    }

    /** Reads requests and dies without an answer. */
    private static ScriptedServer dying() throws IOException {
        return ScriptedServer.of(RawClient::readMessage);
    }

    @Test
    void serverDiesBeforeAnswering_getIsTriedElsewhere() throws Exception {
        try (ScriptedServer dying = dying();
                ScriptedServer server = ScriptedServer.answering(OK);
                RunningWeir weir = inTurn("retry: { attempts: 1 }", dying.address(), server.address())) {
            for (int i = 0; i < 6; i++) {
                assertThat(weir.exchange(GET)).startsWith("HTTP/1.1 200 ");
            }
            assertThat(dying.accepted()).isPositive();
            Quiet.awaitQuiet(weir);
        }
    }

    @Test
    void serverDiesBeforeAnswering_postIsNotTriedElsewhere() throws Exception {
        try (ScriptedServer dying = dying();
                ScriptedServer server = ScriptedServer.answering(OK);
                RunningWeir weir = inTurn("retry: { attempts: 2 }", dying.address(), server.address())) {
            int failed = 0;
            for (int i = 0; i < 6; i++) {
                String got = weir.exchange(post(5));
                if (!got.startsWith("HTTP/1.1 200 ")) {
                    assertThat(got).startsWith("HTTP/1.1 502 ").contains("details=\"server-closed\"");
                    failed++;
                }
            }
            assertThat(failed).isEqualTo(3);
            assertThat(dying.accepted()).isEqualTo(3);
            assertThat(server.accepted()).isEqualTo(3);
            Quiet.awaitQuiet(weir);
        }
    }

    @Test
    void putWithBody_withinTheBound_isReplayedWhole() throws Exception {
        String body = "x".repeat(1_000);
        try (ScriptedServer dying = dying();
                ScriptedServer server = ScriptedServer.echoing();
                RunningWeir weir =
                        inTurn("retry: { attempts: 1, body-bytes: 1000B }", dying.address(), server.address())) {
            for (int i = 0; i < 4; i++) {
                assertThat(weir.exchange(post(1_000).replace("POST", "PUT"))).endsWith("\r\n\r\n" + body);
            }
            assertThat(dying.accepted()).isPositive();
        }
    }

    @Test
    void putWithBody_beyondTheBound_isNotReplayed() throws Exception {
        try (ScriptedServer dying = dying();
                ScriptedServer server = ScriptedServer.echoing();
                RunningWeir weir =
                        inTurn("retry: { attempts: 1, body-bytes: 1000B }", dying.address(), server.address())) {
            List<String> statuses = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                statuses.add(weir.exchange(post(1_001).replace("POST", "PUT")).substring(9, 12));
            }
            assertThat(statuses).containsExactlyInAnyOrder("200", "200", "502", "502");
        }
    }

    @Test
    void largeBody_refusedFirst_arrivesWholeAtTheNext() throws Exception {
        String body = "x".repeat(300_000);
        try (ScriptedServer server = ScriptedServer.echoing();
                RunningWeir weir = inTurn("retry: { attempts: 1 }", refusing(), server.address())) {
            for (int i = 0; i < 4; i++) {
                assertThat(weir.exchange(post(300_000))).endsWith("\r\n\r\n" + body);
            }
            Quiet.awaitQuiet(weir);
        }
    }

    @Test
    void chunkedPutWithTrailers_replayed_isTheSame() throws Exception {
        try (ScriptedServer dying = dying();
                ScriptedServer server = ScriptedServer.echoing();
                RunningWeir weir = inTurn("retry: { attempts: 1 }", dying.address(), server.address())) {
            for (int i = 0; i < 4; i++) {
                assertThat(weir.exchange("PUT / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                                + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\nX: y\r\n\r\n"))
                        .endsWith("\r\n\r\nabcde");
            }
        }
    }

    @Test
    void partOfTheHeadCame_getIsTriedElsewhereSinceNothingWasPassedOn() throws Exception {
        try (ScriptedServer cutting = ScriptedServer.of(connection -> {
                    connection.readMessage();
                    connection.send("HTTP/1.1 200 OK\r\nContent-Le");
                });
                ScriptedServer server = ScriptedServer.answering(OK);
                RunningWeir weir = inTurn("retry: { attempts: 1 }", cutting.address(), server.address())) {
            for (int i = 0; i < 4; i++) {
                assertThat(weir.exchange(GET)).startsWith("HTTP/1.1 200 ").endsWith("ok");
            }
        }
    }

    @Test
    void headPassedOn_nothingIsTriedAgain() throws Exception {
        try (ScriptedServer cutting = ScriptedServer.of(connection -> {
                    connection.readMessage();
                    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\npart");
                });
                ScriptedServer server = ScriptedServer.answering(OK);
                RunningWeir weir =
                        inTurn("retry: { attempts: 2, response-bytes: 9B }", cutting.address(), server.address())) {
            for (int i = 0; i < 4; i++) {
                weir.exchange(GET);
            }
            assertThat(cutting.accepted()).isEqualTo(2);
            assertThat(Quiet.sum(weir.metrics(), "weir_upstream_retries_total{"))
                    .isZero();
            Quiet.awaitQuiet(weir);
        }
    }

    @Test
    void errorStatus_isTheServersAnswer_notTriedAgain() throws Exception {
        try (ScriptedServer server = ScriptedServer.answering("HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy");
                RunningWeir weir = inTurn("retry: { attempts: 2 }", server.address())) {
            assertThat(weir.exchange(GET)).startsWith("HTTP/1.1 503 Busy\r\n").endsWith("busy");
            assertThat(server.accepted()).isEqualTo(1);
        }
    }

    private static ScriptedServer busy(String more) throws IOException {
        return ScriptedServer.answering("HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n" + more + "\r\nbusy");
    }

    @Test
    void chosenStatus_getGoesToAnotherServer_connectionIsKept() throws Exception {
        try (ScriptedServer busy = busy("");
                ScriptedServer server = ScriptedServer.answering(OK);
                RunningWeir weir = inTurn("retry: { statuses: [503] }", busy.address(), server.address())) {
            for (int i = 0; i < 6; i++) {
                assertThat(weir.exchange(GET)).startsWith("HTTP/1.1 200 ");
            }
            assertThat(busy.accepted()).isEqualTo(1);
            assertThat(weir.metric("weir_retries_total{pool=\"web\",reason=\"status\"}"))
                    .isEqualTo(3);
            Quiet.awaitQuiet(weir);
        }
    }

    @Test
    void chosenStatus_long_connectionIsClosed() throws Exception {
        try (ScriptedServer busy = ScriptedServer.answering(
                        "HTTP/1.1 503 Busy\r\nContent-Length: 100000\r\n\r\n" + "x".repeat(100_000));
                ScriptedServer server = ScriptedServer.answering(OK);
                RunningWeir weir = inTurn("retry: { statuses: [503] }", busy.address(), server.address())) {
            for (int i = 0; i < 6; i++) {
                assertThat(weir.exchange(GET)).startsWith("HTTP/1.1 200 ");
            }
            assertThat(busy.accepted()).isEqualTo(3);
            Quiet.awaitQuiet(weir);
        }
    }

    @Test
    void chosenStatus_ofAllServers_lastAnswerIsPassedOn() throws Exception {
        try (ScriptedServer one = busy("X-From: one\r\n");
                ScriptedServer other = busy("X-From: other\r\n");
                RunningWeir weir = inTurn("retry: { statuses: [503] }", one.address(), other.address())) {
            assertThat(weir.exchange(GET)).startsWith("HTTP/1.1 503 Busy").contains("X-From: other");
            assertThat(weir.exchange(GET)).startsWith("HTTP/1.1 503 Busy").contains("X-From: one");
        }
    }

    @Test
    void chosenStatus_postOrRetryAfterOrAnotherStatus_isPassedOn() throws Exception {
        try (ScriptedServer busy = busy("");
                ScriptedServer later = busy("Retry-After: 1\r\n");
                RunningWeir one = inTurn("retry: { statuses: [503] }", busy.address(), later.address());
                RunningWeir other = inTurn("retry: { statuses: [429, 502] }", busy.address(), later.address())) {
            assertThat(one.exchange(post(3))).startsWith("HTTP/1.1 503 ").doesNotContain("Retry-After");
            assertThat(one.exchange(GET)).startsWith("HTTP/1.1 503 ").contains("Retry-After");
            assertThat(other.exchange(GET)).startsWith("HTTP/1.1 503 ").doesNotContain("Retry-After");
        }
    }

    @Test
    void onlyServerDies_getIsTriedThereAgainAfterPauses() throws Exception {
        AtomicInteger requests = new AtomicInteger();
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    connection.readMessage();
                    if (requests.incrementAndGet() > 2) {
                        connection.send(OK);
                    }
                });
                RunningWeir weir = inTurn("retry: { attempts: 2 }", server.address())) {
            long start = System.nanoTime();
            assertThat(weir.exchange(GET)).startsWith("HTTP/1.1 200 ");
            assertThat(System.nanoTime() - start).isGreaterThan(TimeUnit.MILLISECONDS.toNanos(25 + 50));
            assertThat(server.accepted()).isEqualTo(3);
            Quiet.awaitQuiet(weir);
        }
    }

    @Test
    void clientLeavesInThePause_nothingMoreIsTried() throws Exception {
        try (ScriptedServer server = dying();
                RunningWeir weir = inTurn("retry: { attempts: 10 }", server.address())) {
            try (RawClient client = weir.connect()) {
                client.send(GET);
                await().until(() -> server.accepted() >= 2);
                client.reset();
            }
            Quiet.awaitQuiet(weir);
            assertThat(server.accepted()).isLessThan(10);
        }
    }

    @Test
    void budgetUsedUp_lastFailureIsAnswered() throws Exception {
        try (ScriptedServer dying = dying();
                ScriptedServer server = ScriptedServer.answering(OK);
                RunningWeir weir =
                        inTurn("retry: { budget: 10%, budget-floor: 0 }", dying.address(), server.address())) {
            int failed = 0;
            for (int i = 0; i < 40; i++) {
                failed += weir.exchange(GET).startsWith("HTTP/1.1 502 ") ? 1 : 0;
            }
            assertThat(failed).isBetween(15, 17);
            assertThat(weir.metric("weir_retry_budget_empty_total{pool=\"web\"}"))
                    .isEqualTo(failed);
        }
    }

    @Test
    void reusedConnectionDiesUnderGet_isReplayedOnAFreshOne() throws Exception {
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    connection.readMessage();
                    connection.send(OK);
                    connection.readMessage();
                    // Read, and gone without an answer.
                });
                RunningWeir weir = inTurn("retry: { attempts: 0 }", server.address())) {
            try (RawClient client = weir.connect()) {
                for (int i = 0; i < 10; i++) {
                    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
                    assertThat(client.readMessage().content()).isEqualTo("ok");
                }
            }
            assertThat(Quiet.sum(weir.metrics(), "weir_upstream_retries_total{"))
                    .isPositive();
            Quiet.awaitQuiet(weir);
        }
    }
}
