package dev.weir.tls;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.testing.TestAuthority;
import dev.weir.testing.TestAuthority.Issued;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With a responder whose answers hold for ten hours. */
class OcspKeeperTest {
    private static final Duration HOLDS = Duration.ofHours(10);

    @TempDir
    Path folder;

    private CertifiedKey pair;
    private OcspKeeper keeper;
    private Instant now = Instant.parse("2026-06-01T12:00:00Z");
    private int asked;
    private boolean fails;
    private boolean named = true;

    @BeforeEach
    void prepare() throws Exception {
        TestAuthority authority = TestAuthority.in(folder);
        Issued issued = authority.server("a.example");
        Files.writeString(
                issued.chain(),
                Files.readString(issued.chain()) + authority.root().getCertificatePEM());
        pair = CertifiedKey.read(issued.chain().toString(), issued.key().toString());
        keeper = new OcspKeeper(() -> List.of(pair), this::fetch, () -> now);
    }

    private @Nullable OcspAnswer fetch(X509Certificate certificate, X509Certificate issuer, Instant when)
            throws IOException {
        asked++;
        if (fails) {
            throw new IOException("no");
        }
        return named ? new OcspAnswer(new byte[] {(byte) asked}, when, when.plus(HOLDS)) : null;
    }

    /** Looks once in each of these minutes. */
    private void lookFor(Duration time) throws InterruptedException {
        for (Instant end = now.plus(time); now.isBefore(end); now = now.plus(Duration.ofMinutes(1))) {
            keeper.look();
        }
    }

    @Test
    void answer_isRefreshedAtHalfOfItsTime() throws Exception {
        assertThat(keeper.answer(pair)).isEmpty();
        lookFor(Duration.ofHours(5));
        assertThat(keeper.answer(pair)).containsExactly(1);
        lookFor(Duration.ofMinutes(1));
        assertThat(keeper.answer(pair)).containsExactly(2);
        assertThat(asked).isEqualTo(2);
    }

    @Test
    void answer_isKeptThroughFailures_untilItHasRunOut() throws Exception {
        keeper.look();
        fails = true;
        lookFor(HOLDS);
        assertThat(asked).isBetween(8, 14);
        now = now.minusSeconds(1);
        assertThat(keeper.answer(pair)).containsExactly(1);
        now = now.plusSeconds(1);
        assertThat(keeper.answer(pair)).isEmpty();
        fails = false;
        lookFor(Duration.ofHours(1));
        assertThat(keeper.answer(pair)).isNotEmpty();
    }

    @Test
    void certificate_withoutAResponder_isAskedAboutOnce() throws Exception {
        named = false;
        lookFor(Duration.ofDays(2));
        assertThat(asked).isOne();
        assertThat(keeper.answer(pair)).isEmpty();
    }
}
