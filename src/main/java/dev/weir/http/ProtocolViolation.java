package dev.weir.http;

/**
 * Thrown when a peer breaks a rule of HTTP/1. There is one instance for each rule, without a stack trace: refusing a
 * message costs no more than accepting it. The connection cannot be read further and must be closed.
 */
public final class ProtocolViolation extends RuntimeException {
    private static final long serialVersionUID = 1;
    private static final ProtocolViolation[] ALL = build();

    private final Violation violation;

    private ProtocolViolation(Violation violation) {
        super(violation.text(), null, false, false);
        this.violation = violation;
    }

    public static ProtocolViolation of(Violation violation) {
        return ALL[violation.ordinal()];
    }

    public Violation violation() {
        return violation;
    }

    private static ProtocolViolation[] build() {
        Violation[] rules = Violation.values();
        ProtocolViolation[] all = new ProtocolViolation[rules.length];
        for (Violation rule : rules) {
            all[rule.ordinal()] = new ProtocolViolation(rule);
        }
        return all;
    }
}
