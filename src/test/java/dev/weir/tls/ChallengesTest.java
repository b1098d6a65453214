package dev.weir.tls;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.testing.TestAuthority;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What another process has put into the storage. */
class ChallengesTest {
    @TempDir
    Path folder;

    private AcmeStorage storage;

    @BeforeEach
    void prepare() throws IOException {
        storage = AcmeStorage.of(folder.toString(), "https://ca.example/dir");
        storage.prepare();
    }

    @Test
    void token_inTheStorage_isAnsweredUntilItIsGone() throws IOException {
        Challenges challenges = new Challenges(List.of(storage), SslProvider.JDK);
        storage.put(storage.challenge("abc.token"), "abc.def");
        assertThat(challenges.answer("abc")).isNull();
        challenges.refresh();
        assertThat(challenges.answer("abc")).isEqualTo("abc.def");
        assertThat(challenges.answer("../account")).isNull();
        assertThat(challenges.proving()).isFalse();
        Files.delete(storage.challenge("abc.token"));
        challenges.refresh();
        assertThat(challenges.answer("abc")).isNull();
    }

    @ParameterizedTest
    @EnumSource(names = {"JDK", "OPENSSL_REFCNT"})
    void proof_inTheStorage_isShownToWhoeverAsksForTheName(SslProvider provider) throws Exception {
        TestAuthority authority = TestAuthority.in(folder);
        TestAuthority.Issued proof = authority.server("a.example");
        storage.put(
                storage.challenge("a.example.proof"), Files.readString(proof.key()) + Files.readString(proof.chain()));
        Challenges challenges = new Challenges(List.of(storage), provider);
        challenges.refresh();
        assertThat(challenges.proving()).isTrue();
        assertThat(challenges.newHandler("b.example", ByteBufAllocator.DEFAULT)).isNull();
        assertThat(challenges.newHandler(null, ByteBufAllocator.DEFAULT)).isNull();
        SslHandler handler = requireNonNull(challenges.newHandler("a.example", ByteBufAllocator.DEFAULT));
        try (Handshake handshake = new Handshake(
                Handshake.client(
                        authority.trusting(),
                        "a.example",
                        parameters -> parameters.setApplicationProtocols(new String[] {Challenges.PROTOCOL})),
                handler)) {
            assertThat(handshake.isDone()).isTrue();
            assertThat(handler.applicationProtocol()).isEqualTo(Challenges.PROTOCOL);
        }
    }

    @Test
    void file_thatIsNoProof_hidesNoOther() throws IOException {
        storage.put(storage.challenge("a.example.proof"), "nonsense");
        storage.put(storage.challenge("abc.token"), "abc.def");
        Challenges challenges = new Challenges(List.of(storage), SslProvider.JDK);
        challenges.refresh();
        assertThat(challenges.answer("abc")).isEqualTo("abc.def");
        assertThat(challenges.proving()).isFalse();
    }
}
