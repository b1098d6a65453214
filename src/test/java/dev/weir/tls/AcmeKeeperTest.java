package dev.weir.tls;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.config.ConfigReader;
import dev.weir.config.ConfigResult;
import dev.weir.config.ListenerAcme;
import dev.weir.testing.TestAuthority;
import dev.weir.tls.AcmeFailure.Kind;
import io.netty.handler.ssl.SslProvider;
import io.netty.pkitesting.CertificateBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With an authority that issues, or fails, at once. */
class AcmeKeeperTest {
    @TempDir
    Path folder;

    private TestAuthority authority;
    private Instant now = Instant.parse("2026-06-01T12:00:00Z");
    private final List<String> asked = new ArrayList<>();
    private @Nullable AcmeFailure failure;
    private String issuedFor = "";
    private Duration life = Duration.ofDays(90);

    @BeforeEach
    void makeAuthority() throws Exception {
        authority = TestAuthority.in(folder);
    }

    private static ListenerAcme section(Path storage, String... domains) {
        String yaml = "listeners: [{ bind: \":443\", tls: { acme: { domains: [" + String.join(", ", domains)
                + "], accept-terms: on, storage: " + storage
                + " } } }]\npools: { web: { servers: [\"a:1\"] } }\n";
        ConfigResult.Sound sound = (ConfigResult.Sound) ConfigReader.read("test", yaml);
        return requireNonNull(
                requireNonNull(sound.config().listeners().getFirst().tls()).acme());
    }

    private AcmeKeeper keeper(String... domains) throws IOException {
        return keeper(section(folder.resolve("acme"), domains));
    }

    private AcmeKeeper keeper(ListenerAcme... sections) throws IOException {
        Challenges challenges = new Challenges(List.of(), SslProvider.JDK);
        return AcmeKeeper.open(List.of(sections), challenges, this::order, () -> now);
    }

    private void order(String domain, ListenerAcme config, AcmeStorage storage, Challenges challenges)
            throws AcmeFailure {
        asked.add(domain);
        if (failure != null) {
            throw failure;
        }
        try {
            CertificateBuilder builder = TestAuthority.serverBuilder(issuedFor.isEmpty() ? domain : issuedFor)
                    .ecp256()
                    .notBefore(now)
                    .notAfter(now.plus(life));
            TestAuthority.Issued issued = authority.issue("issued-" + asked.size(), builder);
            String pem = Files.readString(issued.key()) + Files.readString(issued.chain());
            storage.put(storage.certificate(domain), pem);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    /** Looks once in each of these minutes. */
    private void lookFor(AcmeKeeper keeper, Duration time) throws InterruptedException {
        for (Instant end = now.plus(time); now.isBefore(end); now = now.plus(Duration.ofMinutes(1))) {
            keeper.look();
        }
    }

    private static String counted(AcmeKeeper keeper) {
        TreeMap<String, Integer> counted = new TreeMap<>();
        keeper.sample((value, labels) -> counted.put(String.join(" ", labels), (int) value));
        return counted.toString();
    }

    @Test
    void names_withoutACertificate_areOrderedOnce() throws Exception {
        AcmeKeeper keeper = keeper("a.example", "b.example");
        lookFor(keeper, Duration.ofHours(3));
        assertThat(asked).containsExactly("a.example", "b.example");
        assertThat(counted(keeper))
                .isEqualTo(
                        "{acme a.example failed=0, acme a.example ok=1, acme b.example failed=0, acme b.example ok=1}");
    }

    @Test
    void name_ofTwoListeners_isOrderedOnce() throws Exception {
        Path storage = folder.resolve("acme");
        AcmeKeeper keeper = keeper(section(storage, "a.example"), section(storage, "a.example", "b.example"));
        keeper.look();
        assertThat(asked).containsExactly("a.example", "b.example");
    }

    @Test
    void certificate_inTheStorage_isNotOrderedAnewByTheNextProcess() throws Exception {
        keeper("a.example").look();
        now = now.plus(Duration.ofDays(50));
        keeper("a.example", "b.example").look();
        assertThat(asked).containsExactly("a.example", "b.example");
    }

    @Test
    void certificate_atTwoThirdsOfItsLife_isRenewed() throws Exception {
        AcmeKeeper keeper = keeper("a.example");
        lookFor(keeper, Duration.ofDays(56));
        assertThat(asked).hasSize(1);
        lookFor(keeper, Duration.ofDays(5));
        assertThat(asked).hasSize(2);
    }

    @Test
    void certificate_brokenInTheStorage_isOrderedAnew() throws Exception {
        AcmeKeeper keeper = keeper("a.example");
        keeper.look();
        Path file = AcmeStorage.of(
                        folder.resolve("acme").toString(),
                        section(folder.resolve("acme"), "a.example").directory())
                .certificate("a.example");
        Files.writeString(file, "nonsense");
        keeper("a.example").look();
        assertThat(asked).hasSize(2);
        CertifiedKey.read(file.toString(), file.toString());
    }

    @Test
    void orders_thatFail_areTriedLessAndLessOften() throws Exception {
        failure = new AcmeFailure(Kind.NOT_PROVEN, "no");
        AcmeKeeper keeper = keeper("a.example");
        lookFor(keeper, Duration.ofHours(1));
        assertThat(asked).hasSize(4);
        lookFor(keeper, Duration.ofHours(23));
        assertThat(asked.size()).isBetween(7, 9);
        failure = null;
        lookFor(keeper, Duration.ofHours(27));
        lookFor(keeper, Duration.ofDays(5));
        assertThat(counted(keeper)).contains("ok=1");
    }

    @Test
    void processes_restartedAgainAndAgain_failFourTimesAnHourAtMost() throws Exception {
        failure = new AcmeFailure(Kind.NOT_PROVEN, "no");
        for (int i = 0; i < 20; i++) {
            keeper("a.example").look();
            now = now.plusSeconds(10);
        }
        assertThat(asked).hasSize(4);
        now = now.plus(Duration.ofHours(1));
        keeper("a.example").look();
        assertThat(asked).hasSize(5);
    }

    @Test
    void authority_thatCannotBeReached_isTriedOftenAtFirst_andKeepsTheCertificate() throws Exception {
        AcmeKeeper keeper = keeper("a.example");
        keeper.look();
        now = now.plus(Duration.ofDays(61));
        failure = new AcmeFailure(Kind.UNREACHABLE, "no");
        lookFor(keeper, Duration.ofMinutes(10));
        assertThat(asked.size()).isBetween(4, 8);
        Path stored;
        try (var files = Files.walk(folder.resolve("acme"))) {
            stored = files.filter(file -> file.endsWith("a.example.pem"))
                    .findFirst()
                    .orElseThrow();
        }
        assertThat(CertifiedKey.read(stored.toString(), stored.toString()).covers("a.example"))
                .isTrue();
    }

    @Test
    void certificate_forAnotherName_isAFailure() throws Exception {
        issuedFor = "other.example";
        AcmeKeeper keeper = keeper("a.example");
        lookFor(keeper, Duration.ofMinutes(4));
        assertThat(asked).hasSize(1);
        assertThat(counted(keeper)).isEqualTo("{acme a.example failed=1, acme a.example ok=0}");
    }

    @Test
    void certificate_dueAlready_isNotOrderedAgainAtOnce() throws Exception {
        life = Duration.ZERO;
        lookFor(keeper("a.example"), Duration.ofMinutes(4));
        assertThat(asked).hasSize(1);
    }

    @Test
    void order_whileAnotherHoldsTheLock_waitsForIt() throws Exception {
        ListenerAcme section = section(folder.resolve("acme"), "a.example");
        AcmeKeeper keeper = keeper(section);
        try (AcmeStorage.Lock _ = requireNonNull(
                AcmeStorage.of(section.storage(), section.directory()).lock())) {
            lookFor(keeper, Duration.ofMinutes(3));
            assertThat(asked).isEmpty();
        }
        keeper.look();
        assertThat(asked).containsExactly("a.example");
    }
}
