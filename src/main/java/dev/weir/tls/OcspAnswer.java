package dev.weir.tls;

import java.time.Duration;
import java.time.Instant;

/** What a responder says about a certificate that is good, and between when it may be used. Immutable. */
final class OcspAnswer {
    private final byte[] der;
    private final Instant begin;
    private final Instant end;

    /** @param der as it is stapled; never changed by anybody */
    OcspAnswer(byte[] der, Instant begin, Instant end) {
        this.der = der;
        this.begin = begin;
        this.end = end;
    }

    byte[] der() {
        return der;
    }

    Instant begin() {
        return begin;
    }

    Instant end() {
        return end;
    }

    /** When the next one is fetched: at half of its time. */
    Instant renewal() {
        return begin.plus(Duration.between(begin, end).dividedBy(2));
    }
}
