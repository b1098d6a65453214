package dev.weir.discovery;

import static dev.weir.discovery.SourceReport.Outcome.FAILED;
import static dev.weir.discovery.SourceReport.Outcome.HELD;
import static dev.weir.discovery.SourceReport.Outcome.UNCHANGED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weir.config.Address;
import dev.weir.config.PoolConfig.ServerConfig;
import dev.weir.testing.NameServer;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

@Execution(ExecutionMode.CONCURRENT) // its tests mostly wait
class DnsSourceIT {
    private NameServer server;

    @BeforeEach
    void start() throws Exception {
        server = NameServer.start();
    }

    @AfterEach
    void stop() throws Exception {
        server.close();
    }

    private Followed follow(String discover) {
        return follow(discover, "100ms");
    }

    private Followed follow(String discover, String minTtl) {
        return follow(discover, minTtl, "5s");
    }

    /** Of a server that will be silent, which is not waited for so long. */
    private Followed followHastily(String discover) {
        return follow(discover, "100ms", "300ms");
    }

    private Followed follow(String discover, String minTtl, String timeout) {
        return Followed.of(
                "[{ " + discover + " }]",
                "resolver: { servers: [\"" + server.hostAndPort() + "\"], timeout: " + timeout + ", min-ttl: " + minTtl
                        + " }");
    }

    @Test
    void addresses_areServersAtThePortInAnOrderThatIsTheSameEverywhere() {
        server.addresses("web.internal", 0, "10.0.0.2", "2001:db8::1", "10.0.0.1");
        try (Followed web = follow("dns: web.internal:8080")) {
            web.awaitServers("10.0.0.1:8080", "10.0.0.2:8080", "[2001:db8::1]:8080");
            assertThat(Followed.addresses(web.servers()))
                    .containsExactly("10.0.0.1:8080", "10.0.0.2:8080", "[2001:db8::1]:8080");
        }
    }

    @Test
    void ttl_over_isFollowedByAnotherQuestion() {
        server.addresses("web.internal", 0, "10.0.0.1");
        try (Followed web = follow("dns: web.internal:80")) {
            web.awaitServers("10.0.0.1:80");
            server.addresses("web.internal", 0, "10.0.0.1", "10.0.0.2");
            web.awaitServers("10.0.0.1:80", "10.0.0.2:80");
            assertThat(web.told()).hasSize(2);
        }
    }

    @Test
    void answer_withFewer_needsAnotherThatAgrees() {
        server.addresses("web.internal", 0, "10.0.0.1", "10.0.0.2", "10.0.0.3");
        try (Followed web = follow("dns: web.internal:80", "500ms")) {
            web.awaitServers("10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80");
            server.addresses("web.internal", 0, "10.0.0.1");
            web.awaitServers("10.0.0.1:80");
            assertThat(web.count(HELD)).isPositive();
            assertThat(web.told()).hasSize(2);
        }
    }

    @Test
    void failures_ofAllKinds_keepTheLastGoodList() {
        server.addresses("web.internal", 0, "10.0.0.1", "10.0.0.2");
        try (Followed web = followHastily("dns: web.internal:80")) {
            web.awaitServers("10.0.0.1:80", "10.0.0.2:80");
            server.fails("web.internal", NameServer.NXDOMAIN);
            web.awaitMore(FAILED, 1);
            server.fails("web.internal", NameServer.SERVFAIL);
            web.awaitMore(FAILED, 1);
            server.addresses("web.internal", 0);
            web.awaitMore(FAILED, 1);
            server.silent(true);
            await().until(() -> web.report().message().endsWith(server.hostAndPort() + " does not answer"));
            assertThat(web.told()).hasSize(1);
            assertThat(web.report().servers()).isEqualTo(2);
        }
    }

    @Test
    void failure_over_isSeenSoon() {
        server.silent(true);
        server.addresses("web.internal", 60, "10.0.0.1");
        try (Followed web = followHastily("dns: web.internal:80")) {
            web.awaitOutcome(FAILED);
            server.silent(false);
            web.awaitServers("10.0.0.1:80");
        }
    }

    @Test
    void doubt_ofAServer_isFollowedByAQuestionLongBeforeTheTtlIsOver() {
        server.addresses("web.internal", 60, "10.0.0.1");
        try (Followed web = follow("dns: web.internal:80")) {
            web.awaitServers("10.0.0.1:80");
            server.addresses("web.internal", 60, "10.0.0.9");
            web.discovery().doubt("web", new Address.Inet("10.0.0.1", 80));
            web.awaitServers("10.0.0.9:80");
        }
    }

    @Test
    void doubt_again_doesNotAskMoreOftenThanOnceInTheLeastTime() {
        server.addresses("web.internal", 60, "10.0.0.1");
        try (Followed web = follow("dns: web.internal:80", "1s")) {
            web.awaitServers("10.0.0.1:80");
            for (int i = 0; i < 1000; i++) {
                web.discovery().doubt("web", new Address.Inet("10.0.0.1", 80));
            }
            web.awaitMore(UNCHANGED, 1);
            assertThat(server.asked("web.internal")).isLessThanOrEqualTo(3);
        }
    }

    @Test
    void doubt_ofAServerOfAnotherSource_asksNothing() {
        server.addresses("web.internal", 60, "10.0.0.1");
        try (Followed web = follow("dns: web.internal:80")) {
            web.awaitServers("10.0.0.1:80");
            web.discovery().doubt("web", new Address.Inet("10.0.0.2", 80));
            await().during(Duration.ofMillis(300)).until(() -> server.asked("web.internal") == 1);
        }
    }

    @Test
    void services_ofTheBestPriority_areInUseAndOthersAreBackups() {
        server.services(
                "_http._tcp.web.internal",
                0,
                "20 10 8082 c.internal",
                "10 100 8080 b.internal",
                "10 0 8080 a.internal");
        try (Followed web = follow("srv: _http._tcp.web.internal")) {
            web.awaitServers("a.internal:8080", "b.internal:8080", "c.internal:8082");
            assertThat(web.servers()).extracting(ServerConfig::weight).containsExactly(1, 100, 10);
            assertThat(web.servers()).extracting(ServerConfig::backup).containsExactly(false, false, true);
        }
    }

    @Test
    void weights_beyondTheRange_keepTheirProportion() {
        List<ServerConfig> servers = DnsQuestion.servers(List.of(
                new Names.Service(0, 60000, "a", 80),
                new Names.Service(0, 30000, "b", 80),
                new Names.Service(0, 1, "c", 80)));
        assertThat(servers).extracting(ServerConfig::weight).containsExactly(256, 128, 1);
    }

    @Test
    void follow_sameSourceAgain_leavesItAlone() {
        server.addresses("web.internal", 60, "10.0.0.1");
        try (Followed web = follow("dns: web.internal:80")) {
            web.awaitServers("10.0.0.1:80");
            web.follow(
                    "[{ dns: web.internal:80 }, { dns: api.internal:80 }]",
                    "resolver: { servers: [\"" + server.hostAndPort() + "\"], timeout: 5s, min-ttl: 100ms }");
            await().until(() -> web.discovery().reports().size() == 2);
            assertThat(server.asked("web.internal")).isEqualTo(1);
        }
    }

    @Test
    void follow_withoutTheSource_endsIt() {
        server.addresses("web.internal", 0, "10.0.0.1");
        try (Followed web = follow("dns: web.internal:80")) {
            web.awaitServers("10.0.0.1:80");
            web.follow("[]", "");
            server.addresses("web.internal", 0, "10.0.0.1", "10.0.0.2");
            await().during(Duration.ofMillis(400)).until(() -> web.told().size() == 1);
            assertThat(web.discovery().reports()).isEmpty();
            assertThat(web.servers()).isEmpty();
        }
    }

    @Test
    void follow_withOtherDnsServers_asksThose() throws Exception {
        server.addresses("web.internal", 60, "10.0.0.1");
        try (NameServer other = NameServer.start();
                Followed web = follow("dns: web.internal:80")) {
            web.awaitServers("10.0.0.1:80");
            other.addresses("web.internal", 60, "10.0.0.2");
            web.follow("[{ dns: web.internal:80 }]", "resolver: { servers: [\"" + other.hostAndPort() + "\"] }");
            web.awaitServers("10.0.0.2:80");
        }
    }

    @Test
    void awaitFirst_sourceThatDoesNotAnswer_endsInTime() throws Exception {
        server.addresses("web.internal", 60, "10.0.0.1");
        server.silent(true);
        try (Followed web = followHastily("dns: web.internal:80")) {
            assertThat(web.discovery().awaitFirst(Duration.ofMillis(50))).isFalse();
            assertThat(web.discovery().awaitFirst(Duration.ofSeconds(30))).isTrue();
            assertThat(web.report().outcome()).isEqualTo(FAILED);
        }
    }
}
