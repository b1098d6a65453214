package dev.weir.tls;

import java.time.Duration;
import java.time.Instant;

/**
 * What a responder says about a certificate that is good.
 *
 * @param der as it is stapled; never changed
 * @param end until when it may be used
 */
record OcspAnswer(byte[] der, Instant begin, Instant end) {
    /** When the next one is fetched: at half of its time. */
    Instant renewal() {
        return begin.plus(Duration.between(begin, end).dividedBy(2));
    }
}
