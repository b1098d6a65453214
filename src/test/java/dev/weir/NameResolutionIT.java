package dev.weir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weir.testing.NameServer;
import dev.weir.testing.RunningWeir;
import dev.weir.testing.ScriptedServer;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Servers that are written by name: one server each, whose addresses come and go. */
class NameResolutionIT {
    private static final String REQUEST = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

    private NameServer names;
    private ScriptedServer server;

    @BeforeEach
    void start() throws Exception {
        names = NameServer.start();
        server = ScriptedServer.answering("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
    }

    @AfterEach
    void stop() throws Exception {
        server.close();
        names.close();
    }

    private RunningWeir weir(String minTtl) {
        return weir(minTtl, "2s");
    }

    private RunningWeir weir(String minTtl, String timeout) {
        int port = Integer.parseInt(server.address().replaceFirst(".*:", ""));
        return RunningWeir.of("""
                event-loops: 1
                admin: { bind: "127.0.0.1:0" }
                listeners: [{ bind: "127.0.0.1:0" }]
                resolver: { servers: ["%s"], timeout: %s, min-ttl: %s }
                pools:
                  web:
                    servers: ["web.internal:%d"]
                    timeouts: { connect: 2s }
                    health: { every: 500ms, every-while-changing: 200ms, timeout: 2s }
                    queue: { timeout: 100ms }
                """.formatted(names.hostAndPort(), timeout, minTtl, port));
    }

    private static void awaitAnswer(RunningWeir weir, String beginning) {
        await().pollInterval(Duration.ofMillis(20))
                .untilAsserted(() -> assertThat(weir.exchange(REQUEST)).startsWith(beginning));
    }

    @Test
    void name_known_isThereFromTheFirstRequestOn() throws Exception {
        names.addresses("web.internal", 60, "127.0.0.1");
        try (RunningWeir weir = weir("100ms")) {
            assertThat(weir.exchange(REQUEST)).startsWith("HTTP/1.1 204");
        }
    }

    @Test
    void name_withAnotherAddress_isFollowedWhenItsTimeIsOver() throws Exception {
        names.addresses("web.internal", 0, "127.0.0.9");
        try (RunningWeir weir = weir("100ms")) {
            awaitAnswer(weir, "HTTP/1.1 503");
            names.addresses("web.internal", 0, "127.0.0.1");
            awaitAnswer(weir, "HTTP/1.1 204");
        }
    }

    @Test
    void server_thatCannotBeReached_isLookedUpLongBeforeItsTimeIsOver() throws Exception {
        names.addresses("web.internal", 3600, "127.0.0.9");
        try (RunningWeir weir = weir("1s")) {
            awaitAnswer(weir, "HTTP/1.1 503");
            names.addresses("web.internal", 3600, "127.0.0.1");
            awaitAnswer(weir, "HTTP/1.1 204");
        }
    }

    @Test
    void name_failingOrGone_keepsItsAddresses() throws Exception {
        names.addresses("web.internal", 0, "127.0.0.1");
        try (RunningWeir weir = weir("100ms")) {
            for (int code : new int[] {NameServer.NXDOMAIN, NameServer.SERVFAIL}) {
                names.fails("web.internal", code);
                int before = names.asked("web.internal");
                await().until(() -> names.asked("web.internal") > before + 1);
                assertThat(weir.exchange(REQUEST)).startsWith("HTTP/1.1 204");
            }
        }
    }

    @Test
    void name_unknownAtTheStart_isLookedUpAgain() throws Exception {
        try (RunningWeir weir = weir("100ms")) {
            assertThat(weir.exchange(REQUEST)).startsWith("HTTP/1.1 502").contains("dns-error");
            names.addresses("web.internal", 60, "127.0.0.1");
            awaitAnswer(weir, "HTTP/1.1 204");
        }
    }

    @Test
    void dnsServer_silent_delaysTheStartByLittle() throws Exception {
        names.silent(true);
        long begin = System.nanoTime();
        try (RunningWeir weir = weir("100ms", "300ms")) {
            assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(15));
            names.addresses("web.internal", 60, "127.0.0.1");
            names.silent(false);
            awaitAnswer(weir, "HTTP/1.1 204");
        }
    }

    @Test
    void dnsServer_another_isAskedAfterAChange() throws Exception {
        names.addresses("web.internal", 3600, "127.0.0.9");
        try (NameServer other = NameServer.start();
                RunningWeir weir = weir("100ms")) {
            other.addresses("web.internal", 60, "127.0.0.1");
            int port = Integer.parseInt(server.address().replaceFirst(".*:", ""));
            weir.apply("""
                    event-loops: 1
                    admin: { bind: "127.0.0.1:0" }
                    listeners: [{ bind: "127.0.0.1:0" }]
                    resolver: { servers: ["%s"] }
                    pools: { web: { servers: ["web.internal:%d"] } }
                    """.formatted(other.hostAndPort(), port));
            // The address of before is held until another answer says again that it is gone; both are tried.
            awaitAnswer(weir, "HTTP/1.1 204");
        }
    }
}
