package dev.weir.http2;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

final class TextCacheTest {
    private final TextCache cache = new TextCache();

    @Test
    void text_sameRangeAgain_isTheSameObject() {
        CharSequence first = text("no-cache, no-store");
        assertThat(text("no-cache, no-store")).isSameAs(first);
        assertThat(text("")).isSameAs(text(""));
    }

    @Test
    void text_sharesItsPlaceWithAnother_staysWhatItWas() {
        // Both ends and the length are alike, which is all that the place is chosen by.
        CharSequence one = text("01234567-a-01234567");
        CharSequence other = text("01234567-b-01234567");
        assertThat(one).hasToString("01234567-a-01234567");
        assertThat(other).hasToString("01234567-b-01234567");
        assertThat(text("01234567-a-01234567")).isEqualTo(one);
    }

    @Test
    void text_differsInCaseOnly_isKeptApart() {
        for (String each :
                new String[] {"Accept", "ACCEPT", "accept", "a", "A", "Content-Encoding", "content-encoding"}) {
            assertThat(text(each)).hasToString(each);
        }
    }

    @Test
    void name_inAnyCase_isTheSameObjectInLowerCase() {
        CharSequence name = name("x-forwarded-for");
        assertThat(name("X-Forwarded-For")).isSameAs(name).hasToString("x-forwarded-for");
        assertThat(name("Via")).hasToString("via").isSameAs(name("via"));
        assertThat(name("a_b")).hasToString("a_b");
        assertThat(name("A\u007Fb")).hasToString("a\u007Fb");
    }

    @Test
    void longTextAndName_areTheirOwn() {
        String large = "Y".repeat(65);
        assertThat(text(large)).hasToString(large).isNotSameAs(text(large));
        assertThat(name(large)).hasToString("y".repeat(65));
    }

    private CharSequence text(String text) {
        byte[] bytes = ("<" + text + ">").getBytes(StandardCharsets.ISO_8859_1);
        return cache.text(bytes, 1, bytes.length - 1);
    }

    private CharSequence name(String name) {
        byte[] bytes = ("<" + name + ">").getBytes(StandardCharsets.ISO_8859_1);
        return cache.name(bytes, 1, bytes.length - 1);
    }
}
