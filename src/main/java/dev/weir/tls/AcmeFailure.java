package dev.weir.tls;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Why an authority issued no certificate. The message is a clause for the user: what happened and what to do about it. */
final class AcmeFailure extends Exception {
    private static final long serialVersionUID = 1;

    private final Kind kind;
    private final transient @Nullable Instant notBefore;

    /** What kinds of failures there are; each is told once until an order ends well. */
    enum Kind {
        /** The authority does not answer, or not as one. It has counted nothing. */
        UNREACHABLE,
        /** It wants to be asked less often. */
        RATE_LIMITED,
        /** It was not shown that the name leads here. */
        NOT_PROVEN,
        /** It does not want to. */
        REFUSED,
        /** The storage cannot be written to. */
        STORAGE
    }

    /** @param notBefore when the authority wants to be asked again; null when it did not say */
    AcmeFailure(Kind kind, String message, @Nullable Instant notBefore, @Nullable Throwable cause) {
        super(message, cause);
        this.kind = kind;
        this.notBefore = notBefore;
    }

    AcmeFailure(Kind kind, String message) {
        this(kind, message, null, null);
    }

    Kind kind() {
        return kind;
    }

    @Nullable Instant notBefore() {
        return notBefore;
    }
}
