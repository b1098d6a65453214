package dev.weir.process;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.process.Carried.Kind;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.List;
import org.junit.jupiter.api.Test;

class CarriedTest {
    @Test
    void read_whatWasWritten_isTheSameWithTheDescriptorsOfThisProcess() throws Exception {
        List<Carried> sent = List.of(
                Carried.socket(Kind.LISTENER, ":80", 7, true),
                new Carried(Kind.SERVER, "web", "a:1\ndown\n…\n"),
                Carried.socket(Kind.ADMIN, "unix:/run/a", 9, false));
        ArrayDeque<Integer> descriptors = new ArrayDeque<>(List.of(20, 21));
        List<Carried> got = Carried.read(Carried.write(sent), descriptors::remove);
        assertThat(got)
                .containsExactly(
                        Carried.socket(Kind.LISTENER, ":80", 20, true),
                        sent.get(1),
                        Carried.socket(Kind.ADMIN, "unix:/run/a", 21, false));
        assertThat(got.getFirst().kept()).isTrue();
        assertThat(got.getLast().kept()).isFalse();
    }

    @Test
    void read_kindOfALaterVersion_isUnknown() throws Exception {
        byte[] written = Carried.write(List.of(new Carried(Kind.POOL, "web", "")));
        String later = new String(written, StandardCharsets.ISO_8859_1).replace("POOL", "LOOP");
        assertThat(Carried.read(later.getBytes(StandardCharsets.ISO_8859_1), () -> 0))
                .containsExactly(new Carried(Kind.UNKNOWN, "web", ""));
    }
}
