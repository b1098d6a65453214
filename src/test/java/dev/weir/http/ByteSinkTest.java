package dev.weir.http;

import static dev.weir.http.Reading.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ByteSinkTest {
    private static String written(ByteSink sink) {
        return Reading.text(sink.array(), 0, sink.length());
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 9, 10, 15, 16, 99, 100, 255, 256, 4095, 4096, 1L << 32, (1L << 62) - 1, Long.MAX_VALUE})
    void putNumber_isSpelledLikeTheJdk(long number) {
        assertThat(written(new ByteSink(16).putDecimal(number))).isEqualTo(Long.toString(number));
        assertThat(written(new ByteSink(16).putHex(number))).isEqualTo(Long.toHexString(number));
    }

    @Test
    void putNumber_negative_isRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> new ByteSink().putDecimal(-1));
        assertThatIllegalArgumentException().isThrownBy(() -> new ByteSink().putHex(-1));
    }

    @Test
    void put_beyondCapacity_grows() {
        ByteSink sink = new ByteSink(1);
        StringBuilder expected = new StringBuilder();
        for (int i = 0; i < 100; i++) {
            sink.put((byte) 'x')
                    .put(bytes("ab"))
                    .put(bytes("0123"), 1, 2)
                    .putAscii("\u00e9")
                    .putDecimal(i);
            expected.append("xab12\u00e9").append(i);
        }

        assertThat(written(sink)).isEqualTo(expected.toString());
        sink.clear();
        assertThat(sink.length()).isZero();
    }
}
