package dev.weir.observe;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import org.jspecify.annotations.Nullable;

/** A finished request as tests and benchmarks make one up; the parts of its head are added in any order. */
final class FakeRequest implements AccessRecord {
    long startMillis = 1_795_349_400_123L; // 2026-11-22T12:10:00.123Z
    long durationNanos = 12_345_678;
    long connectNanos = -1;
    long firstByteNanos = 11_000_999;
    int status = 200;
    long responseBodyBytes = 117;
    String client = "192.0.2.7";
    String clientSubject = "";
    String clientFingerprint = "";
    String pool = "web";
    String server = "10.0.0.11:8080";
    String retriedFor = "";

    @Nullable Cause cause;

    int minorVersion = 1;
    boolean http2;

    private final Span method = new Span();
    private final Span target = new Span();
    private final Span host = new Span();
    private final Span referer = new Span();
    private final Span userAgent = new Span();
    private byte[] head = new byte[0];

    private static final class Span {
        int start;
        int end;
    }

    static FakeRequest get(String target) {
        return new FakeRequest().method("GET").target(target);
    }

    static FakeRequest typical() {
        return get("/v1/orders/4711?expand=lines&page=3")
                .host("shop.example.com")
                .referer("https://shop.example.com/orders")
                .userAgent(
                        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0 Safari/537.36");
    }

    FakeRequest method(String text) {
        return add(method, text.getBytes(ISO_8859_1));
    }

    FakeRequest target(String text) {
        return target(text.getBytes(ISO_8859_1));
    }

    FakeRequest target(byte[] bytes) {
        return add(target, bytes);
    }

    FakeRequest host(String text) {
        return add(host, text.getBytes(ISO_8859_1));
    }

    FakeRequest referer(String text) {
        return referer(text.getBytes(ISO_8859_1));
    }

    FakeRequest referer(byte[] bytes) {
        return add(referer, bytes);
    }

    FakeRequest userAgent(String text) {
        return userAgent(text.getBytes(ISO_8859_1));
    }

    FakeRequest userAgent(byte[] bytes) {
        return add(userAgent, bytes);
    }

    private FakeRequest add(Span span, byte[] bytes) {
        ByteArrayOutputStream longer = new ByteArrayOutputStream();
        longer.writeBytes(head);
        longer.writeBytes(bytes);
        span.start = head.length;
        span.end = head.length + bytes.length;
        head = longer.toByteArray();
        return this;
    }

    @Override
    public long startMillis() {
        return startMillis;
    }

    @Override
    public long durationNanos() {
        return durationNanos;
    }

    @Override
    public long connectNanos() {
        return connectNanos;
    }

    @Override
    public long firstByteNanos() {
        return firstByteNanos;
    }

    @Override
    public int status() {
        return status;
    }

    @Override
    public long requestBodyBytes() {
        return 0;
    }

    @Override
    public long responseBodyBytes() {
        return responseBodyBytes;
    }

    @Override
    public String client() {
        return client;
    }

    @Override
    public String clientSubject() {
        return clientSubject;
    }

    @Override
    public String clientFingerprint() {
        return clientFingerprint;
    }

    @Override
    public String listener() {
        return ":8080";
    }

    @Override
    public String pool() {
        return pool;
    }

    @Override
    public String server() {
        return server;
    }

    @Override
    public int attempts() {
        return 1;
    }

    @Override
    public String retriedFor() {
        return retriedFor;
    }

    @Override
    public boolean reusedConnection() {
        return true;
    }

    @Override
    public @Nullable Cause cause() {
        return cause;
    }

    @Override
    public byte[] head() {
        return head;
    }

    @Override
    public int methodStart() {
        return method.start;
    }

    @Override
    public int methodEnd() {
        return method.end;
    }

    @Override
    public int targetStart() {
        return target.start;
    }

    @Override
    public int targetEnd() {
        return target.end;
    }

    @Override
    public int minorVersion() {
        return minorVersion;
    }

    @Override
    public boolean http2() {
        return http2;
    }

    @Override
    public int hostStart() {
        return host.start;
    }

    @Override
    public int hostEnd() {
        return host.end;
    }

    @Override
    public int refererStart() {
        return referer.start;
    }

    @Override
    public int refererEnd() {
        return referer.end;
    }

    @Override
    public int userAgentStart() {
        return userAgent.start;
    }

    @Override
    public int userAgentEnd() {
        return userAgent.end;
    }
}
