package dev.weir.discovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weir.config.Address;
import dev.weir.config.ConfigDefaults;
import dev.weir.config.ResolverConfig;
import dev.weir.testing.NameServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

@Execution(ExecutionMode.CONCURRENT) // its tests mostly wait
class NamesIT {
    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    @TempDir
    Path folder;

    private NameServer server;
    private Names names;

    @BeforeEach
    void start() throws Exception {
        server = NameServer.start();
        names = names(Map.of(), server);
    }

    @AfterEach
    void stop() throws Exception {
        names.close();
        server.close();
    }

    private Names names(Map<String, Object> keys, NameServer... servers) {
        Map<String, Object> given = new HashMap<>(keys);
        given.put(
                "servers",
                Arrays.stream(servers)
                        .map(each -> (Address)
                                new Address.Inet("127.0.0.1", each.address().getPort()))
                        .toList());
        given.putIfAbsent("timeout", TIMEOUT);
        ResolverConfig config = ConfigDefaults.of(ResolverConfig.class, given);
        return new Names(config, new SystemConfig(folder.resolve("resolv.conf"), folder.resolve("hosts")));
    }

    private static List<InetAddress> literals(String... texts) {
        return Arrays.stream(texts).map(InetAddress::ofLiteral).toList();
    }

    @Test
    void name_withBothKindsOfAddresses_hasAllIpv4First() throws Exception {
        server.addresses("web.internal", 30, "2001:db8::1", "10.0.0.2", "10.0.0.1");
        assertThat(names.addresses("web.internal"))
                .isEqualTo(
                        new Names.Found(literals("10.0.0.2", "10.0.0.1", "2001:db8::1"), true, Duration.ofSeconds(30)));
    }

    @Test
    void name_inCapitals_isTheSame() throws Exception {
        server.addresses("web.internal", 30, "10.0.0.1");
        assertThat(names.addresses("WEB.Internal.").addresses()).isEqualTo(literals("10.0.0.1"));
    }

    @Test
    void kinds_onlyIpv4Wanted_othersAreNotAskedFor() throws Exception {
        server.addresses("web.internal", 30, "10.0.0.1").failsIpv6("web.internal", NameServer.SERVFAIL);
        try (Names four = names(Map.of("addresses", ResolverConfig.Addresses.IPV4), server)) {
            assertThat(four.addresses("web.internal").complete()).isTrue();
        }
    }

    @Test
    void oneKind_failing_makesTheAnswerIncomplete() throws Exception {
        server.addresses("web.internal", 30, "10.0.0.1").failsIpv6("web.internal", NameServer.SERVFAIL);
        assertThat(names.addresses("web.internal").complete()).isFalse();
    }

    @Test
    void oneKind_absentByACode_isNotMissed() throws Exception {
        server.addresses("web.internal", 30, "10.0.0.1").failsIpv6("web.internal", NameServer.NXDOMAIN);
        assertThat(names.addresses("web.internal").complete()).isTrue();
    }

    @Test
    void ttl_zeroOrEndless_isBounded() throws Exception {
        server.addresses("short.internal", 0, "10.0.0.1").addresses("long.internal", 1_000_000, "10.0.0.1");
        assertThat(names.addresses("short.internal").ttl()).isEqualTo(Duration.ofSeconds(1));
        assertThat(names.addresses("long.internal").ttl()).isEqualTo(Duration.ofMinutes(1));
    }

    @Test
    void alias_withItsTargetInTheAnswer_isFollowedAndItsTimeCounts() throws Exception {
        server.addresses("pod.internal", 50, "10.0.0.7").alias("web.internal", 5, "pod.internal", true);
        assertThat(names.addresses("web.internal"))
                .isEqualTo(new Names.Found(literals("10.0.0.7"), true, Duration.ofSeconds(5)));
        assertThat(server.asked("pod.internal")).isZero();
    }

    @Test
    void alias_withoutItsTarget_isAskedFor() throws Exception {
        server.addresses("pod.internal", 50, "10.0.0.7").alias("web.internal", 5, "pod.internal", false);
        assertThat(names.addresses("web.internal").addresses()).isEqualTo(literals("10.0.0.7"));
    }

    @Test
    void alias_ofItself_ends() {
        server.alias("web.internal", 5, "web.internal", false);
        assertThatThrownBy(() -> names.addresses("web.internal"))
                .isInstanceOf(LookupFailure.class)
                .hasMessageContaining("alias of an alias");
    }

    @Test
    void name_unknown_saysWhoSaysSo() {
        assertThatThrownBy(() -> names.addresses("nobody.internal"))
                .hasMessage("there is no such name (the DNS server " + server.hostAndPort() + " says)");
    }

    @Test
    void name_withoutAddresses_saysSo() {
        server.addresses("web.internal", 5);
        assertThatThrownBy(() -> names.addresses("web.internal"))
                .hasMessageStartingWith("the name has no address (the DNS server ");
    }

    @Test
    void server_failing_isFollowedByTheNext() throws Exception {
        try (NameServer other = NameServer.start();
                Names both = names(Map.of(), server, other)) {
            server.fails("web.internal", NameServer.SERVFAIL);
            other.addresses("web.internal", 5, "10.0.0.1");
            assertThat(both.addresses("web.internal").addresses()).isEqualTo(literals("10.0.0.1"));
        }
    }

    @Test
    void server_unknowingName_isNotFollowedByTheNext() throws Exception {
        try (NameServer other = NameServer.start();
                Names both = names(Map.of(), server, other)) {
            other.addresses("web.internal", 5, "10.0.0.1");
            assertThatThrownBy(() -> both.addresses("web.internal")).hasMessageContaining("no such name");
        }
    }

    @Test
    void server_failingOrRefusing_isNamedWithItsCode() {
        server.fails("web.internal", NameServer.SERVFAIL).fails("api.internal", NameServer.REFUSED);
        assertThatThrownBy(() -> names.addresses("web.internal"))
                .hasMessage("the DNS server " + server.hostAndPort() + " answers SERVFAIL");
        assertThatThrownBy(() -> names.addresses("api.internal"))
                .hasMessage("the DNS server " + server.hostAndPort() + " answers REFUSED");
    }

    @Test
    void server_silent_isGivenUpInTime() {
        server.silent(true);
        long begin = System.nanoTime();
        try (Names hasty = names(Map.of("timeout", Duration.ofMillis(300)), server)) {
            assertThatThrownBy(() -> hasty.addresses("web.internal"))
                    .hasMessage("the DNS server " + server.hostAndPort() + " does not answer");
        }
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(TIMEOUT);
    }

    @Test
    void server_slowWithinTheTimeout_isWaitedFor() throws Exception {
        server.addresses("web.internal", 5, "10.0.0.1").delay(TIMEOUT.dividedBy(20));
        assertThat(names.addresses("web.internal").addresses()).hasSize(1);
    }

    @Test
    void answer_cutShort_isAskedForByTcp() throws Exception {
        String[] many = new String[200];
        Arrays.setAll(many, i -> "10.0.1." + i);
        server.addresses("web.internal", 5, many).truncating(true);
        assertThat(names.addresses("web.internal").addresses()).hasSize(200);
        assertThat(server.byTcp()).isPositive();
    }

    @Test
    void question_hasEdns_exceptForServersThatDoNotKnowIt() throws Exception {
        server.addresses("web.internal", 5, "10.0.0.1");
        names.addresses("web.internal");
        assertThat(server.extended()).isTrue();
        server.knowsNoEdns();
        assertThat(names.addresses("web.internal").addresses()).hasSize(1);
        assertThat(server.extended()).isFalse();
    }

    @Test
    void services_found_haveWhatTheirRecordsSay() throws Exception {
        server.services("_http._tcp.web.internal", 7, "1 5 8080 a.internal", "2 0 8081 b.internal");
        assertThat(names.services("_http._tcp.web.internal"))
                .isEqualTo(new Names.Services(
                        List.of(
                                new Names.Service(1, 5, "a.internal", 8080),
                                new Names.Service(2, 0, "b.internal", 8081)),
                        Duration.ofSeconds(7)));
    }

    @Test
    void services_leadingNowhere_areNone() {
        server.services("_http._tcp.web.internal", 7, "0 0 0 .");
        assertThatThrownBy(() -> names.services("_http._tcp.web.internal"))
                .hasMessageStartingWith("the name has no SRV record that leads somewhere");
    }

    @Test
    void hosts_file_goesBeforeDnsAndMayChange() throws Exception {
        Path hosts = folder.resolve("hosts");
        Files.writeString(hosts, "127.0.0.9 web.internal other # a comment\n::9 web.internal\n");
        server.addresses("web.internal", 5, "10.0.0.1");
        assertThat(names.addresses("Web.internal").addresses()).isEqualTo(literals("127.0.0.9", "::9"));
        assertThat(server.asked("web.internal")).isZero();
    }

    @Test
    void localhost_withoutHostsFile_isThisMachine() throws Exception {
        assertThat(names.addresses("localhost").addresses()).isEqualTo(List.of(InetAddress.getLoopbackAddress()));
    }

    @Test
    void invalid_asTopLevel_isNeverAskedFor() {
        assertThatThrownBy(() -> names.addresses("web.invalid")).hasMessageContaining("never exist");
        assertThat(server.asked("web.invalid")).isZero();
    }

    @Test
    void resolvConf_withServersAndSearch_isReadAsTheSystemDoes() {
        SystemConfig.Servers read = SystemConfig.servers(List.of(
                "# a comment",
                "domain old.internal",
                "search a.internal  b.internal.",
                "nameserver 10.0.0.2",
                "nameserver fd00::53",
                "nameserver not-an-address",
                "nameserver",
                "options timeout:1 ndots:5 rotate",
                ""));
        assertThat(read)
                .isEqualTo(new SystemConfig.Servers(
                        List.of(
                                new InetSocketAddress(InetAddress.ofLiteral("10.0.0.2"), 53),
                                new InetSocketAddress(InetAddress.ofLiteral("fd00::53"), 53)),
                        List.of("a.internal", "b.internal."),
                        5));
    }

    @Test
    void name_withFewDots_isLookedForInSearchDomainsFirst() {
        SystemConfig.Servers servers = new SystemConfig.Servers(List.of(), List.of("a.internal", "b."), 2);
        assertThat(Names.candidates("web.x", servers)).containsExactly("web.x.a.internal", "web.x.b", "web.x");
        assertThat(Names.candidates("web.x.y", servers)).containsExactly("web.x.y", "web.x.y.a.internal", "web.x.y.b");
        assertThat(Names.candidates("web.x.", servers)).containsExactly("web.x");
    }
}
