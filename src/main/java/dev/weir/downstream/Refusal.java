package dev.weir.downstream;

import dev.weir.http.Violation;
import dev.weir.observe.Cause;

/** For which cause a request is refused that breaks a rule of HTTP, whichever version it came in. */
final class Refusal {
    private Refusal() {}

    static Cause cause(Violation violation) {
        return switch (violation.kind()) {
            case MALFORMED -> Cause.REQUEST_MALFORMED;
            case LINE_TOO_LONG -> Cause.REQUEST_LINE_TOO_LONG;
            case HEADERS_TOO_LARGE -> Cause.REQUEST_HEADERS_TOO_LARGE;
            case VERSION -> Cause.REQUEST_VERSION_UNSUPPORTED;
            case CODING -> Cause.REQUEST_CODING_UNSUPPORTED;
        };
    }
}
