package dev.weir.observe;

import static dev.weir.observe.LogBatch.ascii;

import org.jspecify.annotations.Nullable;

/**
 * One JSON object a line, always with the same members in the same order; what is absent is null. Only of
 * requests that were tried again one more member tells, and of clients with a certificate two.
 */
final class JsonLine implements LineFormat {
    // Member names, punctuation, and eleven numbers of up to 20 digits.
    private static final int REST = 832;

    private static final byte[] TIME = ascii("{\"time\":\"");
    private static final byte[] CLIENT = ascii("Z\",\"client\":");
    private static final byte[] METHOD = ascii(",\"method\":");
    private static final byte[] TARGET = ascii(",\"target\":");
    private static final byte[] HOST = ascii(",\"host\":");
    private static final byte[] PROTOCOL = ascii(",\"protocol\":");
    private static final byte[] HTTP_1 = ascii("\"HTTP/1.");
    private static final byte[] HTTP_2 = ascii("\"HTTP/2.0\"");
    private static final byte[] STATUS = ascii(",\"status\":");
    private static final byte[] REQUEST_BYTES = ascii(",\"request_bytes\":");
    private static final byte[] RESPONSE_BYTES = ascii(",\"response_bytes\":");
    private static final byte[] LISTENER = ascii(",\"listener\":");
    private static final byte[] POOL = ascii(",\"pool\":");
    private static final byte[] SERVER = ascii(",\"server\":");
    private static final byte[] ATTEMPTS = ascii(",\"attempts\":");
    private static final byte[] REUSED = ascii(",\"reused\":");
    private static final byte[] DURATION = ascii(",\"duration_ms\":");
    private static final byte[] CONNECT = ascii(",\"connect_ms\":");
    private static final byte[] FIRST_BYTE = ascii(",\"first_byte_ms\":");
    private static final byte[] CAUSE = ascii(",\"cause\":");
    private static final byte[] REFERER = ascii(",\"referer\":");
    private static final byte[] USER_AGENT = ascii(",\"user_agent\":");
    private static final byte[] RETRIED_FOR = ascii(",\"retried_for\":");
    private static final byte[] CLIENT_SUBJECT = ascii(",\"client_subject\":");
    private static final byte[] CLIENT_FINGERPRINT = ascii(",\"client_fingerprint\":");
    private static final byte[] NULL = ascii("null");
    private static final byte[] TRUE = ascii("true");
    private static final byte[] FALSE = ascii("false");

    private final SecondText seconds;

    JsonLine(SecondText seconds) {
        this.seconds = seconds;
    }

    @Override
    public int bound(AccessRecord exchange) {
        int spans = exchange.methodEnd() - exchange.methodStart();
        spans += exchange.targetEnd() - exchange.targetStart();
        spans += exchange.hostEnd() - exchange.hostStart();
        spans += exchange.refererEnd() - exchange.refererStart();
        spans += exchange.userAgentEnd() - exchange.userAgentStart();
        int names = exchange.client().length() + exchange.listener().length();
        names +=
                exchange.clientSubject().length() + exchange.clientFingerprint().length();
        names += exchange.pool().length() + exchange.server().length();
        return REST + Escaping.LONGEST * (spans + names);
    }

    @Override
    public void append(LogBatch batch, AccessRecord exchange) {
        batch.raw(TIME);
        batch.raw(seconds.of(exchange.startMillis()));
        batch.threeDigits((int) Math.floorMod(exchange.startMillis(), 1000L));
        text(batch, CLIENT, exchange.client());
        request(batch, exchange);
        number(batch, STATUS, exchange.status());
        number(batch, REQUEST_BYTES, exchange.requestBodyBytes());
        number(batch, RESPONSE_BYTES, exchange.responseBodyBytes());
        text(batch, LISTENER, exchange.listener());
        text(batch, POOL, exchange.pool());
        text(batch, SERVER, exchange.server());
        number(batch, ATTEMPTS, exchange.attempts());
        batch.raw(REUSED);
        batch.raw(exchange.reusedConnection() ? TRUE : FALSE);
        millis(batch, DURATION, exchange.durationNanos());
        millis(batch, CONNECT, exchange.connectNanos());
        millis(batch, FIRST_BYTE, exchange.firstByteNanos());
        @Nullable Cause cause = exchange.cause();
        text(batch, CAUSE, cause == null ? "" : cause.id());
        byte[] head = exchange.head();
        span(batch, REFERER, head, exchange.refererStart(), exchange.refererEnd());
        span(batch, USER_AGENT, head, exchange.userAgentStart(), exchange.userAgentEnd());
        if (!exchange.retriedFor().isEmpty()) {
            text(batch, RETRIED_FOR, exchange.retriedFor());
        }
        if (!exchange.clientFingerprint().isEmpty()) {
            text(batch, CLIENT_SUBJECT, exchange.clientSubject());
            text(batch, CLIENT_FINGERPRINT, exchange.clientFingerprint());
        }
        batch.raw((byte) '}');
        batch.endLine();
    }

    private static void request(LogBatch batch, AccessRecord exchange) {
        byte[] head = exchange.head();
        span(batch, METHOD, head, exchange.methodStart(), exchange.methodEnd());
        span(batch, TARGET, head, exchange.targetStart(), exchange.targetEnd());
        span(batch, HOST, head, exchange.hostStart(), exchange.hostEnd());
        batch.raw(PROTOCOL);
        if (exchange.http2()) {
            batch.raw(HTTP_2);
        } else if (exchange.minorVersion() < 0) {
            batch.raw(NULL);
        } else {
            batch.raw(HTTP_1);
            batch.decimal(exchange.minorVersion());
            batch.raw((byte) '"');
        }
    }

    private static void span(LogBatch batch, byte[] name, byte[] from, int start, int end) {
        batch.raw(name);
        if (start == end) {
            batch.raw(NULL);
            return;
        }
        batch.raw((byte) '"');
        batch.escaped(from, start, end, Escaping.JSON);
        batch.raw((byte) '"');
    }

    private static void text(LogBatch batch, byte[] name, String value) {
        batch.raw(name);
        if (value.isEmpty()) {
            batch.raw(NULL);
            return;
        }
        batch.raw((byte) '"');
        batch.escaped(value, Escaping.JSON);
        batch.raw((byte) '"');
    }

    private static void number(LogBatch batch, byte[] name, long value) {
        batch.raw(name);
        batch.decimal(Math.max(value, 0));
    }

    private static void millis(LogBatch batch, byte[] name, long nanos) {
        batch.raw(name);
        if (nanos < 0) {
            batch.raw(NULL);
        } else {
            batch.millis(nanos);
        }
    }
}
