package dev.weir.health;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HealthMessageTest {
    private static byte[] bytes(String hex) {
        return HexFormat.of().parseHex(hex.replace(" ", ""));
    }

    @Test
    void request_ofTheWholeServer_isEmpty() {
        assertThat(HealthMessage.request("")).isEqualTo(bytes("00 00000000"));
    }

    @Test
    void request_ofAService_hasItsName() {
        assertThat(HealthMessage.request("shop")).isEqualTo(bytes("00 00000006 0a 04 73686f70"));
        assertThat(HealthMessage.request("é")).isEqualTo(bytes("00 00000004 0a 02 c3a9"));
        byte[] framed = HealthMessage.request("x".repeat(300));
        assertThat(new String(framed, 8, 300, StandardCharsets.US_ASCII)).isEqualTo("x".repeat(300));
        assertThat(framed).startsWith(bytes("00 0000012f 0a ac02"));
    }

    @ParameterizedTest
    @CsvSource({
        "00 00000000, 0",
        "00 00000002 0801, 1",
        "00 00000002 0802, 2",
        "00 00000003 088001, 128",
        "00 00000004 08020801, 1",
        // Unknown fields of each kind before it.
        "00 00000004 10050801, 1",
        "00 0000000b 110102030405060708 0801, 1",
        "00 00000006 1202aabb 0801, 1",
        "00 00000007 1501020304 0801, 1",
        "00 00000002 8a01, -1",
        "'', -1",
        "00 000000, -1",
        "01 00000002 0801, -1",
        "00 00000003 0801, -1",
        "00 00000001 0801, -1",
        "00 ffffffff 0801, -1",
        "00 00000001 08, -1",
        "00 00000002 0001, -1",
        "00 00000002 0901, -1",
        "00 00000003 0b0801, -1",
        "00 00000003 12ff01, -1",
        "00 0000000b 08ffffffffffffffffff01, -1",
        "00 0000000c 08ffffffffffffffffffff01, -1",
        "00 0000000b 12ffffffffffffffff7f00, -1"
    })
    void response_tellsTheStatus(String hex, int status) {
        byte[] bytes = bytes(hex);
        assertThat(HealthMessage.status(bytes, bytes.length)).isEqualTo(status);
    }

    @Test
    void response_ofAnyBytes_isReadWithoutFailure() {
        Random random = new Random(Long.getLong("seed", 1));
        byte[] bytes = new byte[64];
        for (int i = 0; i < 200_000; i++) {
            random.nextBytes(bytes);
            int length = random.nextInt(5, 64);
            System.arraycopy(new byte[] {0, 0, 0, 0, (byte) (length - 5)}, 0, bytes, 0, 5);
            if (random.nextBoolean()) {
                bytes[5] = (byte) random.nextInt(32);
            }
            assertThat(HealthMessage.status(bytes, length)).isGreaterThanOrEqualTo(-1);
        }
    }
}
