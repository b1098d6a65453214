package dev.weir.observe;

import static dev.weir.observe.LogBatch.ascii;

/**
 * The line that web servers and their log readers call combined: {@code client - - [time] "request line" status bytes
 * "referer" "user agent"}, in local time. What is absent is a hyphen; the status is 000 when no answer was sent.
 */
final class CombinedLine implements LineFormat {
    // Punctuation, the time, the protocol and two numbers of up to 20 digits.
    private static final int REST = 128;

    private static final byte[] NO_USER = ascii(" - - [");
    private static final byte[] REQUEST = ascii("] \"");
    private static final byte[] HTTP_1 = ascii(" HTTP/1.");
    private static final byte[] HTTP_2 = ascii(" HTTP/2.0");
    private static final byte[] STATUS = ascii("\" ");
    private static final byte[] REFERER = ascii(" \"");
    private static final byte[] USER_AGENT = ascii("\" \"");

    private final SecondText seconds;

    CombinedLine(SecondText seconds) {
        this.seconds = seconds;
    }

    @Override
    public int bound(AccessRecord exchange) {
        int spans = exchange.methodEnd() - exchange.methodStart();
        spans += exchange.targetEnd() - exchange.targetStart();
        spans += exchange.refererEnd() - exchange.refererStart();
        spans += exchange.userAgentEnd() - exchange.userAgentStart();
        return REST + Escaping.LONGEST * (spans + exchange.client().length());
    }

    @Override
    public void append(LogBatch batch, AccessRecord exchange) {
        byte[] head = exchange.head();
        batch.escaped(exchange.client().isEmpty() ? "-" : exchange.client(), Escaping.COMBINED);
        batch.raw(NO_USER);
        batch.raw(seconds.of(exchange.startMillis()));
        batch.raw(REQUEST);
        requestLine(batch, exchange, head);
        batch.raw(STATUS);
        batch.threeDigits(exchange.status());
        batch.raw((byte) ' ');
        batch.decimal(Math.max(exchange.responseBodyBytes(), 0));
        batch.raw(REFERER);
        span(batch, head, exchange.refererStart(), exchange.refererEnd());
        batch.raw(USER_AGENT);
        span(batch, head, exchange.userAgentStart(), exchange.userAgentEnd());
        batch.raw((byte) '"');
        batch.endLine();
    }

    private static void requestLine(LogBatch batch, AccessRecord exchange, byte[] head) {
        span(batch, head, exchange.methodStart(), exchange.methodEnd());
        if (exchange.targetStart() != exchange.targetEnd()) {
            batch.raw((byte) ' ');
            span(batch, head, exchange.targetStart(), exchange.targetEnd());
        }
        if (exchange.http2()) {
            batch.raw(HTTP_2);
        } else if (exchange.minorVersion() >= 0) {
            batch.raw(HTTP_1);
            batch.decimal(exchange.minorVersion());
        }
    }

    private static void span(LogBatch batch, byte[] from, int start, int end) {
        if (start == end) {
            batch.raw((byte) '-');
        } else {
            batch.escaped(from, start, end, Escaping.COMBINED);
        }
    }
}
