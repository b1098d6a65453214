package dev.weir.tls;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.testing.TestAuthority;
import dev.weir.tls.AcmeFailure.Kind;
import io.netty.pkitesting.CertificateBuilder;
import java.math.BigInteger;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AcmePaceTest {
    private static final Instant BEGIN = Instant.parse("2026-01-01T00:00:00Z");
    private static final Instant NOW = Instant.parse("2026-06-01T12:00:00Z");

    @TempDir
    Path folder;

    private X509Certificate certificate(TestAuthority authority, long serial, Duration life) throws Exception {
        CertificateBuilder builder = TestAuthority.serverBuilder("a.example")
                .ecp256()
                .serial(BigInteger.valueOf(serial))
                .notBefore(BEGIN)
                .notAfter(BEGIN.plus(life));
        return authority.issue("a" + serial, builder).bundle().getCertificate();
    }

    @Test
    void renewal_beginsAtTwoThirdsOfTheLifeOrALittleSooner() throws Exception {
        TestAuthority authority = TestAuthority.in(folder);
        List<Duration> after = IntStream.range(1, 20)
                .mapToObj(serial -> {
                    try {
                        X509Certificate one = certificate(authority, serial, Duration.ofDays(90));
                        assertThat(AcmePace.renewal(one)).isEqualTo(AcmePace.renewal(one));
                        return Duration.between(BEGIN, AcmePace.renewal(one));
                    } catch (Exception e) {
                        throw new AssertionError(e);
                    }
                })
                .toList();
        assertThat(after).allSatisfy(one -> assertThat(one).isBetween(Duration.ofDays(57), Duration.ofDays(60)));
        assertThat(after.stream().distinct().count()).isGreaterThan(10);
    }

    @Test
    void renewal_ofALifeOfSeconds_isWithinIt() throws Exception {
        X509Certificate brief = certificate(TestAuthority.in(folder), 7, Duration.ofSeconds(30));
        assertThat(AcmePace.renewal(brief)).isBetween(BEGIN.plusSeconds(19), BEGIN.plusSeconds(20));
    }

    private static Duration pause(Kind kind, int inARow) {
        AcmeFailure failure = new AcmeFailure(kind, "");
        return Duration.between(NOW, AcmePace.again(NOW, failure, inARow, List.of(), new Random(inARow)));
    }

    @Test
    void again_afterEachFurtherFailure_waitsTwiceAsLongUpToADay() {
        assertThat(pause(Kind.NOT_PROVEN, 1)).isBetween(Duration.ofSeconds(270), Duration.ofSeconds(330));
        assertThat(pause(Kind.NOT_PROVEN, 3)).isBetween(Duration.ofMinutes(18), Duration.ofMinutes(22));
        assertThat(pause(Kind.NOT_PROVEN, 1000)).isBetween(Duration.ofHours(21), Duration.ofHours(27));
        assertThat(pause(Kind.UNREACHABLE, 1)).isBetween(Duration.ofSeconds(9), Duration.ofSeconds(11));
        assertThat(pause(Kind.UNREACHABLE, 1000)).isBetween(Duration.ofMinutes(54), Duration.ofMinutes(66));
    }

    @Test
    void again_whenTheAuthoritySaysWhen_isNotSooner() {
        Instant wanted = NOW.plus(Duration.ofDays(3));
        AcmeFailure limited = new AcmeFailure(Kind.RATE_LIMITED, "", wanted, null);
        assertThat(AcmePace.again(NOW, limited, 1, List.of(), new Random(1))).isEqualTo(wanted);
    }

    @Test
    void allowed_afterFourFailuresWithinAnHour_isWhenTheFirstIsAnHourAgo() {
        List<Instant> failures = IntStream.of(50, 40, 30, 20)
                .mapToObj(ago -> NOW.minus(Duration.ofMinutes(ago)))
                .toList();
        assertThat(AcmePace.allowed(NOW, failures.subList(1, 4))).isEqualTo(NOW);
        assertThat(AcmePace.allowed(NOW, failures)).isEqualTo(NOW.plus(Duration.ofMinutes(10)));
        AcmeFailure failure = new AcmeFailure(Kind.NOT_PROVEN, "");
        assertThat(AcmePace.again(NOW, failure, 1, failures, new Random(1)))
                .isEqualTo(NOW.plus(Duration.ofMinutes(10)));
    }
}
