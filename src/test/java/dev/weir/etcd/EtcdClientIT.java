package dev.weir.etcd;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.weir.testing.Etcd;
import dev.weir.testing.Programs;
import dev.weir.testing.TestAuthority;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EtcdClientIT {
    @TempDir
    static Path folder;

    private static Etcd etcd;
    private static EtcdClient client;

    private String prefix = "";

    @BeforeAll
    static void start() throws Exception {
        etcd = Etcd.start(folder);
        client = new EtcdClient(
                List.of("http://127.0.0.1:" + Programs.freePort(), etcd.url()), EtcdClient.Login.NONE, "");
    }

    @AfterAll
    static void stop() throws Exception {
        if (etcd != null) {
            etcd.close();
        }
    }

    @BeforeEach
    void own() {
        prefix = "/test-" + System.nanoTime() + "/";
    }

    private long put(String key, String value) throws Exception {
        return client.put(prefix + key, value, 0);
    }

    @Test
    void key_written_isReadWithItsRevision() throws Exception {
        long revision = put("a", "é");
        EtcdClient.Range range = client.get(prefix + "a");
        assertThat(range.keys()).containsExactly(new KeyValue(prefix + "a", "é", revision, 0));
        assertThat(range.revision()).isEqualTo(revision);
        assertThat(client.get(prefix + "b").keys()).isEmpty();
    }

    @Test
    void prefix_hasItsKeysAlone() throws Exception {
        put("b", "2");
        put("a", "1");
        client.put(prefix.substring(0, prefix.length() - 1) + "0", "x", 0);
        assertThat(client.prefix(prefix).keys()).extracting(KeyValue::value).containsExactly("1", "2");
        client.delete(prefix + "a");
        assertThat(client.prefix(prefix).keys()).extracting(KeyValue::value).containsExactly("2");
    }

    @Test
    void putIf_otherRevision_writesNothing() throws Exception {
        long first = client.putIf(prefix + "a", 0, "1");
        assertThat(first).isPositive();
        assertThat(client.putIf(prefix + "a", 0, "2")).isZero();
        assertThat(client.putIf(prefix + "a", first, "3")).isGreaterThan(first);
        assertThat(client.putIf(prefix + "a", first, "4")).isZero();
        assertThat(client.get(prefix + "a").keys()).extracting(KeyValue::value).containsExactly("3");
    }

    @Test
    void lease_ended_takesItsKeysAlong() throws Exception {
        long lease = client.grant(Duration.ofSeconds(60));
        client.put(prefix + "a", "1", lease);
        assertThat(client.get(prefix + "a").keys()).extracting(KeyValue::lease).containsExactly(lease);
        assertThat(client.keepAlive(lease)).isTrue();
        client.revoke(lease);
        assertThat(client.get(prefix + "a").keys()).isEmpty();
        assertThat(client.keepAlive(lease)).isFalse();
    }

    @Test
    void member_gone_isNamedWhenItIsTheOnlyOne() throws Exception {
        String endpoint = "http://127.0.0.1:" + Programs.freePort();
        EtcdClient alone = new EtcdClient(List.of(endpoint), EtcdClient.Login.NONE, "");
        assertThatThrownBy(() -> alone.get("a"))
                .isInstanceOfSatisfying(
                        EtcdFailure.class,
                        failure -> assertThat(failure.unreachable()).isTrue())
                .hasMessageStartingWith(endpoint + " cannot be reached (");
    }

    @Test
    void question_refused_saysWhy() {
        assertThatThrownBy(() -> client.put(prefix + "a", "", 4711))
                .isInstanceOfSatisfying(
                        EtcdFailure.class,
                        failure -> assertThat(failure.unreachable()).isFalse())
                .hasMessageContaining("requested lease not found");
    }

    @Test
    void watch_fromARevisionThatIsCompacted_saysSo() throws Exception {
        long first = put("a", "1");
        long last = put("a", "2");
        compact(last);
        try (EtcdWatch watch = client.watch(prefix, first)) {
            EtcdWatch.Batch batch = requireNonNull(watch.next(Duration.ofSeconds(30)));
            assertThat(batch.compacted()).isTrue();
        }
    }

    private static void compact(long revision) throws Exception {
        try (Programs programs = new Programs()) {
            Programs.assumeInstalled("etcdctl");
            programs.run(
                    folder.resolve("etcdctl.log"),
                    "env",
                    "ETCDCTL_API=3",
                    "etcdctl",
                    "--endpoints=" + etcd.url(),
                    "compaction",
                    Long.toString(revision));
        }
    }

    /** Collects what a mirror tells. */
    private static final class Seen implements EtcdMirror.Listener {
        private final Map<String, String> keys = new ConcurrentSkipListMap<>();
        private final List<String> failures = new CopyOnWriteArrayList<>();
        private final AtomicInteger told = new AtomicInteger();

        @Override
        public void present(SortedMap<String, KeyValue> present) {
            Map<String, String> now = new TreeMap<>();
            present.forEach((key, value) -> now.put(key.replaceFirst(".*/", ""), value.value()));
            keys.keySet().retainAll(now.keySet());
            keys.putAll(now);
            told.incrementAndGet();
        }

        @Override
        public void failed(String why) {
            failures.add(why);
        }

        private void await(Map<String, String> wanted) {
            org.awaitility.Awaitility.await()
                    .atMost(Duration.ofSeconds(30))
                    .pollInterval(Duration.ofMillis(10))
                    .untilAsserted(() -> assertThat(keys).isEqualTo(wanted));
        }
    }

    @Test
    void mirror_followsAllKindsOfChanges() throws Exception {
        Seen seen = new Seen();
        put("a", "1");
        try (EtcdMirror mirror = new EtcdMirror(client, prefix, Duration.ofSeconds(60), Duration.ZERO, seen)) {
            mirror.start();
            seen.await(Map.of("a", "1"));
            put("b", "2");
            seen.await(Map.of("a", "1", "b", "2"));
            put("a", "3");
            seen.await(Map.of("a", "3", "b", "2"));
            client.delete(prefix + "b");
            seen.await(Map.of("a", "3"));
            assertThat(seen.failures).isEmpty();
        }
    }

    @Test
    void mirror_silentFor_itsTime_compares() throws Exception {
        Seen seen = new Seen();
        put("a", "1");
        try (EtcdMirror mirror = new EtcdMirror(client, prefix, Duration.ofMillis(100), Duration.ZERO, seen)) {
            mirror.start();
            await().until(() -> seen.told.get() > 3);
            assertThat(seen.failures).isEmpty();
            put("a", "2");
            seen.await(Map.of("a", "2"));
        }
    }

    @Test
    void mirror_etcdKilledAndStartedAgain_keepsAndFollows() throws Exception {
        Path own = Files.createDirectories(folder.resolve("own"));
        Seen seen = new Seen();
        try (Etcd other = Etcd.start(own)) {
            EtcdClient to = new EtcdClient(List.of(other.url()), EtcdClient.Login.NONE, "");
            to.put(prefix + "a", "1", 0);
            try (EtcdMirror mirror = new EtcdMirror(to, prefix, Duration.ofSeconds(60), Duration.ZERO, seen)) {
                mirror.start();
                seen.await(Map.of("a", "1"));
                other.kill();
                await().until(() -> seen.failures.size() > 1);
                assertThat(seen.keys).isEqualTo(Map.of("a", "1"));
                other.start();
                to.put(prefix + "b", "2", 0);
                seen.await(Map.of("a", "1", "b", "2"));
            }
        }
    }

    @Test
    void mirror_etcdWithoutItsData_isBelievedInAWhile() throws Exception {
        Path own = Files.createDirectories(folder.resolve("lost"));
        Duration silence = Duration.ofSeconds(60);
        Seen patient = new Seen();
        Seen credulous = new Seen();
        try (Etcd other = Etcd.start(own)) {
            EtcdClient to = new EtcdClient(List.of(other.url()), EtcdClient.Login.NONE, "");
            to.put(prefix + "a", "1", 0);
            try (EtcdMirror one = new EtcdMirror(to, prefix, silence, Duration.ofHours(1), patient);
                    EtcdMirror two = new EtcdMirror(to, prefix, silence, Duration.ZERO, credulous)) {
                one.start();
                two.start();
                patient.await(Map.of("a", "1"));
                credulous.await(Map.of("a", "1"));
                other.kill();
                other.forget();
                other.start();
                credulous.await(Map.of());
                await().until(() ->
                        patient.failures.stream().anyMatch(why -> why.startsWith("etcd has no keys any more")));
                assertThat(patient.keys).isEqualTo(Map.of("a", "1"));
            }
        }
    }

    /** As by a network that is cut: the connection stays and nothing comes. */
    @Test
    void mirror_etcdStoppedAndGoingOn_isNoticedByItsSilence() throws Exception {
        Path own = Files.createDirectories(folder.resolve("paused"));
        Seen seen = new Seen();
        try (Etcd other = Etcd.start(own)) {
            EtcdClient to = new EtcdClient(List.of(other.url()), EtcdClient.Login.NONE, "");
            to.put(prefix + "a", "1", 0);
            try (EtcdMirror mirror = new EtcdMirror(to, prefix, Duration.ofMillis(200), Duration.ZERO, seen)) {
                mirror.start();
                seen.await(Map.of("a", "1"));
                other.pause();
                await().until(() -> !seen.failures.isEmpty());
                assertThat(seen.failures.getFirst()).isEqualTo(other.url() + " does not answer");
                other.resume();
                to.put(prefix + "a", "2", 0);
                seen.await(Map.of("a", "2"));
            }
        }
    }

    @Test
    void member_withTls_isVerified() throws Exception {
        Path own = Files.createDirectories(folder.resolve("tls"));
        TestAuthority authority = TestAuthority.in(own);
        TestAuthority.Issued certificate = authority.server("localhost", "127.0.0.1");
        try (Etcd other = Etcd.start(own, "--cert-file=" + certificate.chain(), "--key-file=" + certificate.key())) {
            List<String> endpoints = List.of("https://127.0.0.1:" + other.port());
            EtcdClient to = new EtcdClient(
                    endpoints, EtcdClient.Login.NONE, authority.file().toString());
            to.put("a", "1", 0);
            assertThat(to.get("a").keys()).extracting(KeyValue::value).containsExactly("1");
            EtcdClient distrustful = new EtcdClient(endpoints, EtcdClient.Login.NONE, "");
            assertThatThrownBy(() -> distrustful.get("a")).isInstanceOf(EtcdFailure.class);
        }
    }

    @Test
    void login_withAPassword_isMadeAndMadeAgain() throws Exception {
        Path own = Files.createDirectories(folder.resolve("login"));
        try (Etcd other = Etcd.start(own);
                Programs programs = new Programs()) {
            Programs.assumeInstalled("etcdctl");
            for (String command : List.of("user add root:secret", "user grant-role root root", "auth enable")) {
                String line = "ETCDCTL_API=3 etcdctl --endpoints=" + other.url() + " " + command;
                programs.run(own.resolve("etcdctl.log"), "sh", "-c", line);
            }
            EtcdClient to = client(other, new EtcdClient.Login("root", () -> "secret"));
            to.put("a", "1", 0);
            assertThat(to.get("a").keys()).hasSize(1);
            // Which ends the tokens that the user has.
            String change = "echo secret | ETCDCTL_API=3 etcdctl --user=root:secret --endpoints=" + other.url()
                    + " user passwd root --interactive=false";
            programs.run(own.resolve("etcdctl.log"), "sh", "-c", change);
            assertThat(to.get("a").keys()).hasSize(1);
            assertThatThrownBy(() -> client(other, new EtcdClient.Login("root", () -> "x"))
                            .get("a"))
                    .hasMessageContaining("authentication failed");
            assertThatThrownBy(() -> client(other, EtcdClient.Login.NONE).get("a"))
                    .hasMessageContaining("user name is empty");
        }
    }

    @Test
    void token_ended_isAskedForAnew() throws Exception {
        HttpServer member = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        AtomicInteger logins = new AtomicInteger();
        member.createContext(
                "/v3/auth/authenticate",
                exchange -> answer(exchange, 200, "{\"token\":\"%d\"}".formatted(logins.incrementAndGet())));
        member.createContext("/v3/kv/range", exchange -> {
            boolean ended = "1".equals(exchange.getRequestHeaders().getFirst("Authorization"));
            answer(
                    exchange,
                    ended ? 401 : 200,
                    ended ? "{\"error\":\"etcdserver: invalid auth token\",\"code\":16}" : "{\"kvs\":[{}]}");
        });
        member.start();
        try {
            String url = "http://127.0.0.1:" + member.getAddress().getPort();
            EtcdClient to = new EtcdClient(List.of(url), new EtcdClient.Login("root", () -> "secret"), "");
            assertThat(to.get("a").keys()).hasSize(1);
            assertThat(logins).hasValue(2);
        } finally {
            member.stop(0);
        }
    }

    @Test
    void write_withoutAnswer_isKnownByAskingWhetherItWasMade() throws Exception {
        HttpServer member = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        AtomicInteger writes = new AtomicInteger();
        AtomicReference<String> held = new AtomicReference<>("{}");
        member.createContext("/v3/kv/txn", exchange -> {
            exchange.getRequestBody().readAllBytes();
            writes.incrementAndGet();
            exchange.close();
        });
        member.createContext("/v3/kv/range", exchange -> answer(exchange, 200, held.get()));
        member.start();
        try {
            String url = "http://127.0.0.1:" + member.getAddress().getPort();
            // The same member twice: what may have been done is not asked for again.
            EtcdClient to = new EtcdClient(List.of(url, url), EtcdClient.Login.NONE, "");
            assertThatThrownBy(() -> to.putIf("a", 0, "new"))
                    .isInstanceOfSatisfying(
                            EtcdFailure.class,
                            failure -> assertThat(failure.unanswered()).isTrue());
            assertThat(writes).hasValue(1);
            held.set("{\"kvs\":[{\"key\":\"YQ==\",\"value\":\"bmV3\",\"mod_revision\":\"7\"}]}");
            assertThat(to.putIf("a", 3, "new")).isEqualTo(7);
            assertThat(writes).hasValue(2);
        } finally {
            member.stop(0);
        }
    }

    private static void answer(HttpExchange exchange, int status, String content) throws IOException {
        try (exchange) {
            exchange.getRequestBody().readAllBytes();
            byte[] bytes = content.getBytes(UTF_8);
            exchange.sendResponseHeaders(status, bytes.length);
            exchange.getResponseBody().write(bytes);
        }
    }

    private static EtcdClient client(Etcd etcd, EtcdClient.Login login) throws Exception {
        return new EtcdClient(List.of(etcd.url()), login, "");
    }
}
