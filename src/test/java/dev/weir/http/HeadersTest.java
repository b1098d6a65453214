package dev.weir.http;

import static dev.weir.http.Reading.LIMITS;
import static dev.weir.http.Reading.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import org.junit.jupiter.api.Test;

class HeadersTest {
    private static Headers fields(String lines) {
        ResponseHead head = new ResponseHead();
        assertThat(head.read(Reading.buffer(bytes("HTTP/1.1 200 OK\r\n" + lines + "\r\n")), LIMITS))
                .isTrue();
        return head.headers();
    }

    private static Field find(String name) {
        byte[] padded = bytes(name + ": abcdefgh");
        return FieldNames.find(padded, 0, name.length());
    }

    @Test
    void find_knownNameInAnyCase_isRecognised() {
        for (Field field : Field.values()) {
            if (field != Field.OTHER) {
                String name = field.lowerCaseName();
                assertThat(find(name)).isEqualTo(field);
                assertThat(find(name.toUpperCase(Locale.ROOT))).isEqualTo(field);
            }
        }
    }

    @Test
    void find_nameWithAnyOtherTokenByte_isOther() {
        for (Field field : Field.values()) {
            String name = field == Field.OTHER ? "other" : field.lowerCaseName();
            for (int at = 0; at < name.length(); at++) {
                for (int octet = '!'; octet < 0x7F; octet++) {
                    if (Octets.isToken((byte) octet) && Character.toLowerCase(octet) != name.charAt(at)) {
                        String wrong = name.substring(0, at) + (char) octet + name.substring(at + 1);
                        assertThat(find(wrong)).as(wrong).isEqualTo(Field.OTHER);
                    }
                }
            }
            assertThat(find(name + "-")).isEqualTo(Field.OTHER);
        }
    }

    @Test
    void mask_ofEachField_isItsOwn() {
        Set<Long> masks = new HashSet<>();
        for (Field field : Field.values()) {
            assertThat(masks.add(field.mask)).isTrue();
            assertThat(Long.bitCount(field.mask)).isEqualTo(field == Field.OTHER ? 0 : 1);
        }
        assertThat(Field.values().length).isLessThanOrEqualTo(64);
    }

    @Test
    void indexOf_fieldOrName_findsEachLine() {
        Headers headers = fields("Date: a\r\nVia: b\r\nX-Y: c\r\nvia: d\r\nx-y: e\r\n");

        assertThat(headers.indexOf(Field.VIA)).isEqualTo(1);
        assertThat(headers.indexOf(Field.VIA, 2)).isEqualTo(3);
        assertThat(headers.indexOf(Field.VIA, 4)).isEqualTo(-1);
        assertThat(headers.indexOf(Field.HOST)).isEqualTo(-1);
        assertThat(headers.indexOf(bytes("x-y"), 0)).isEqualTo(2);
        assertThat(headers.indexOf(bytes("x-y"), 3)).isEqualTo(4);
        assertThat(headers.indexOf(bytes("x-z"), 0)).isEqualTo(-1);
        assertThat(headers.indexOf(Field.OTHER, 0)).isEqualTo(2);
        assertThat(headers.has(Field.OTHER)).isFalse();
        assertThat(headers.has(Field.DATE)).isTrue();
    }

    @Test
    void listContains_membersOfAllLines_areSeen() {
        Headers headers = fields("TE: trailers , gzip;q=1,\r\nVia: a\r\nTE:\tdeflate\r\n");

        assertThat(headers.listContains(Field.TE, bytes("trailers"))).isTrue();
        assertThat(headers.listContains(Field.TE, bytes("gzip"))).isFalse();
        assertThat(headers.listContains(Field.TE, bytes("deflate"))).isTrue();
        assertThat(headers.listContains(Field.TE, bytes("a"))).isFalse();
        assertThat(headers.listContains(Field.HOST, bytes("a"))).isFalse();
    }
}
