package dev.weir.http;

import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;

/**
 * Thrown when a peer breaks a rule of HTTP/1. There is one instance for each rule, without a stack trace: refusing a
 * message costs no more than accepting it. The connection cannot be read further and must be closed.
 */
public final class ProtocolViolation extends RuntimeException {
    private static final long serialVersionUID = 1;
    private static final Map<Violation, ProtocolViolation> ALL = build();

    private final Violation violation;

    private ProtocolViolation(Violation violation) {
        super(violation.text(), null, false, false);
        this.violation = violation;
    }

    public static ProtocolViolation of(Violation violation) {
        return Objects.requireNonNull(ALL.get(violation));
    }

    public Violation violation() {
        return violation;
    }

    private static Map<Violation, ProtocolViolation> build() {
        Map<Violation, ProtocolViolation> all = new EnumMap<>(Violation.class);
        for (Violation rule : Violation.values()) {
            all.put(rule, new ProtocolViolation(rule));
        }
        return all;
    }
}
