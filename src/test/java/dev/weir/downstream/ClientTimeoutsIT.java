package dev.weir.downstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weir.testing.RawClient;
import dev.weir.testing.RunningWeir;
import dev.weir.testing.ScriptedServer;
import io.netty.channel.EventLoop;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** How long a client may take. */
@Execution(ExecutionMode.CONCURRENT) // its tests mostly wait
class ClientTimeoutsIT {
    private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

    /** Browsers connect ahead of need; an answer to nothing would be taken as the answer to their next request. */
    @Test
    void connectionThatSendsNothing_isClosedWithoutAWord() throws Exception {
        try (ScriptedServer server = ScriptedServer.echoing();
                RunningWeir weir = RunningWeir.before("timeouts: { request-head: 1s }", "", server);
                RawClient client = weir.connect()) {
            assertThat(client.read()).isEqualTo(-1);
        }
    }

    @Test
    void headThatStops_isAnswered408() throws Exception {
        try (ScriptedServer server = ScriptedServer.echoing();
                RunningWeir weir = RunningWeir.before("timeouts: { request-head: 1s }", "", server);
                RawClient client = weir.connect()) {
            client.send("GET / HTTP/1.1\r\nHos");
            RawClient.Message response = client.readMessage();
            assertThat(response.status()).isEqualTo(408);
            assertThat(response.header("proxy-status")).contains("request-head-timeout");
            client.sendEnd();
            assertThat(client.endsOrderly()).isTrue();
        }
    }

    @Test
    void headThatDribbles_isAnswered408AllTheSame() throws Exception {
        try (ScriptedServer server = ScriptedServer.echoing();
                RunningWeir weir = RunningWeir.before("timeouts: { request-head: 1s }", "", server);
                RawClient client = weir.connect()) {
            client.send("GET / HTTP/1.1\r\nHost: a\r\nx: ");
            client.socket().setSoTimeout(20);
            int answer = Integer.MIN_VALUE;
            for (int i = 0; i < 500 && answer == Integer.MIN_VALUE; i++) {
                client.send("y");
                try {
                    answer = client.read();
                } catch (SocketTimeoutException none) {
                    // Not yet: another byte.
                }
            }
            assertThat(answer).isEqualTo('H');
            assertThat(client.readText(11)).isEqualTo("TTP/1.1 408");
        }
    }

    @Test
    void secondHeadThatStops_isAnswered408() throws Exception {
        try (ScriptedServer server = ScriptedServer.echoing();
                RunningWeir weir = RunningWeir.before("timeouts: { request-head: 1s }", "", server);
                RawClient client = weir.connect()) {
            client.send(GET + "GE");
            assertThat(client.readMessage().status()).isEqualTo(200);
            assertThat(client.readMessage().status()).isEqualTo(408);
        }
    }

    @Test
    void bodyThatStops_isAnswered408AndTheServerFreed() throws Exception {
        CompletableFuture<String> seen = new CompletableFuture<>();
        try (ScriptedServer server = ScriptedServer.of(connection -> seen.complete(connection.readToEnd()));
                RunningWeir weir = RunningWeir.before("timeouts: { body-idle: 1s }", "", server);
                RawClient client = weir.connect()) {
            client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab");
            RawClient.Message response = client.readMessage();
            assertThat(response.status()).isEqualTo(408);
            assertThat(response.header("proxy-status")).contains("request-body-timeout");
            assertThat(seen.get(20, TimeUnit.SECONDS)).endsWith("\r\n\r\nab");
        }
    }

    @Test
    void serverSlowerThanTheClientsTimes_isWaitedFor() throws Exception {
        CompletableFuture<Boolean> goOn = new CompletableFuture<>();
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    connection.readMessage();
                    goOn.get();
                    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
                });
                RunningWeir weir = RunningWeir.before(
                        "timeouts: { request-head: 1s, body-idle: 1s, keep-alive: 1s }", "", server);
                RawClient client = weir.connect()) {
            client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabcde");
            goOn.completeOnTimeout(true, 2500, TimeUnit.MILLISECONDS);
            assertThat(client.readMessage().status()).isEqualTo(200);
        }
    }

    @Test
    void connectionWithoutAnotherRequest_isClosed() throws Exception {
        try (ScriptedServer server = ScriptedServer.echoing();
                RunningWeir weir = RunningWeir.before("timeouts: { keep-alive: 1s }", "", server);
                RawClient client = weir.connect()) {
            client.send(GET);
            assertThat(client.readMessage().status()).isEqualTo(200);
            assertThat(client.endsOrderly()).isTrue();
        }
    }

    @Test
    void connectionWithoutAnotherRequestBehindAnAnswerOfWeirs_isClosed() throws Exception {
        try (RunningWeir weir = RunningWeir.before("timeouts: { keep-alive: 1s }", "");
                RawClient client = weir.connect()) {
            client.send(GET);
            RawClient.Message response = client.readMessage();
            assertThat(response.status()).isEqualTo(503);
            assertThat(response.header("connection")).isNull();
            assertThat(client.endsOrderly()).isTrue();
        }
    }

    @Test
    void clientThatStopsReading_isCutAndTheServerFreed() throws Exception {
        CompletableFuture<Boolean> freed = new CompletableFuture<>();
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    connection.readHead();
                    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n");
                    try {
                        for (int i = 0; i < 1000; i++) {
                            connection.send(new byte[1_000_000]);
                        }
                    } catch (IOException cut) {
                        freed.complete(true);
                    }
                });
                RunningWeir weir = RunningWeir.before("timeouts: { body-idle: 300ms }", "", server);
                RawClient client = weir.connect()) {
            client.send(GET);
            assertThat(freed.get(20, TimeUnit.SECONDS)).isTrue();
            await().until(() -> weir.metric("weir_downstream_connections_open") == 0
                    || weir.metrics().contains("client-write-timeout"));
        }
    }

    @Test
    void oldClientThatStopsReadingTheLastBytes_isResetRatherThanGivenAnEnd() throws Exception {
        int length = 12_000_000;
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    connection.readHead();
                    connection.send("HTTP/1.1 200 OK\r\n\r\n").send(new byte[length]);
                });
                RunningWeir weir = RunningWeir.before("timeouts: { body-idle: 300ms }", "", server);
                RawClient client = weir.connect()) {
            client.send("GET / HTTP/1.0\r\n\r\n");
            client.readHead();
            // Only then: a client that reads again within its time gets the rest and an orderly end.
            await().until(() -> weir.metric("weir_downstream_connections_open") == 0);
            assertThat(client.endsOrderly()).isFalse();
        }
    }

    @Test
    void clientThatReadsSlowly_isNotCut() throws Exception {
        int length = 8_000_000;
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    connection.readHead();
                    connection
                            .send("HTTP/1.1 200 OK\r\nContent-Length: " + length + "\r\n\r\n")
                            .send(new byte[length]);
                });
                RunningWeir weir = RunningWeir.before("timeouts: { body-idle: 3s, keep-alive: 20s }", "", server);
                RawClient client = weir.connect()) {
            // With more, the kernel tells only now and then that there is room again.
            client.socket().setReceiveBufferSize(64 << 10);
            client.send(GET);
            client.readHead();
            for (int i = 0; i < 25; i++) {
                assertThat(client.read(length / 25).length).isEqualTo(length / 25);
                LockSupport.parkNanos(160_000_000);
            }
        }
    }

    /** The loop has no time while the request comes and the connection has been idle for long enough. */
    @Test
    void keepAliveOver_whileTheLoopIsBehind_requestThatIsHereIsServed() throws Exception {
        try (ScriptedServer server = ScriptedServer.answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
                RunningWeir weir = RunningWeir.before("timeouts: { keep-alive: 2s }", "", server);
                RawClient client = weir.connect()) {
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            assertThat(client.readMessage().status()).isEqualTo(200);
            CountDownLatch busy = new CountDownLatch(1);
            CountDownLatch sent = new CountDownLatch(1);
            EventLoop loop = weir.weir().loops().getFirst();
            // After the first task the second one and the timers are due, in this order and without a look at sockets.
            loop.execute(() -> LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2500)));
            loop.schedule(
                    () -> {
                        busy.countDown();
                        return sent.await(20, TimeUnit.SECONDS);
                    },
                    1,
                    TimeUnit.SECONDS);
            busy.await();
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            sent.countDown();
            assertThat(client.readMessage().status()).isEqualTo(200);
        }
    }
}
