package dev.weir.proxy;

import dev.weir.http.Field;
import dev.weir.http.Headers;
import dev.weir.http.RequestHead;
import dev.weir.observe.AccessRecord;
import dev.weir.observe.Cause;
import dev.weir.pool.Server;
import dev.weir.upstream.UpstreamPool;
import dev.weir.upstream.UpstreamStream;
import org.jspecify.annotations.Nullable;

/**
 * What the metrics and the access log say of one exchange in the end, noted while it goes on. Belongs to one exchange and
 * is used again for its next request. Confined to its loop.
 */
final class ExchangeRecord implements AccessRecord {
    private static final long NEVER = -1;

    private final RequestHead request;
    private final Attempts attempts;
    private long startNanos;
    private long connectNanos;
    private long firstByteNanos;
    private long requestBytes;
    private long responseBytes;
    private int status;
    private boolean reusedConnection;

    // Known at the end.
    private @Nullable Cause cause;
    private @Nullable ClientInfo client;
    private long durationNanos;
    private long endMillis;
    private int referer;
    private int userAgent;

    ExchangeRecord(RequestHead request, Attempts attempts) {
        this.request = request;
        this.attempts = attempts;
    }

    // ---- while it goes on ----

    /** A first byte of the request came. */
    void begin(long now) {
        startNanos = now;
        connectNanos = NEVER;
        firstByteNanos = NEVER;
        requestBytes = 0;
        responseBytes = 0;
        status = 0;
        reusedConnection = false;
    }

    long startNanos() {
        return startNanos;
    }

    void received(int contentBytes) {
        requestBytes += contentBytes;
    }

    void sent(long contentBytes) {
        responseBytes += contentBytes;
    }

    /** How the last attempt's connection came about; null when there was none. */
    void connection(@Nullable UpstreamStream stream) {
        reusedConnection = stream != null && stream.reused();
        connectNanos = stream == null ? NEVER : stream.connectNanos();
    }

    /** A server's answer begins. */
    void firstByte(long now) {
        firstByteNanos = now - startNanos;
    }

    /** The answer that had begun was none. */
    void noFirstByte() {
        firstByteNanos = NEVER;
    }

    /** What the client is told. */
    void status(int told) {
        status = told;
    }

    // ---- the end ----

    /** {@code why}: null when all went well. */
    void end(@Nullable Cause why, ClientInfo from, long now) {
        cause = why;
        client = from;
        durationNanos = now - startNanos;
    }

    /** Prepares what only the log asks for. */
    void forLog() {
        endMillis = System.currentTimeMillis();
        referer = headers().indexOf(Field.REFERER);
        userAgent = headers().indexOf(Field.USER_AGENT);
    }

    /** Keeps nothing of the exchange. */
    void clear() {
        client = null;
    }

    /** The connections of this loop to the server tried last; null when none was. */
    @Nullable UpstreamPool connections() {
        return attempts.current().connections();
    }

    private Headers headers() {
        return request.headers();
    }

    @Override
    public long startMillis() {
        return endMillis - durationNanos / 1_000_000;
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
        return requestBytes;
    }

    @Override
    public long responseBodyBytes() {
        return responseBytes;
    }

    @Override
    public String client() {
        return client == null ? "" : client.address();
    }

    @Override
    public String clientSubject() {
        ClientCertificate certificate = client == null ? null : client.certificate();
        return certificate == null ? "" : certificate.subject();
    }

    @Override
    public String clientFingerprint() {
        ClientCertificate certificate = client == null ? null : client.certificate();
        return certificate == null ? "" : certificate.fingerprint();
    }

    @Override
    public String listener() {
        return client == null ? "" : client.listener();
    }

    @Override
    public String pool() {
        return attempts.poolName();
    }

    @Override
    public String server() {
        Server server = attempts.current().server();
        return server == null ? "" : server.name();
    }

    @Override
    public int attempts() {
        return attempts.count();
    }

    @Override
    public String retriedFor() {
        return attempts.retriedFor();
    }

    @Override
    public boolean reusedConnection() {
        return reusedConnection;
    }

    @Override
    public @Nullable Cause cause() {
        return cause;
    }

    @Override
    public byte[] head() {
        return request.bytes();
    }

    @Override
    public int methodStart() {
        return request.methodStart();
    }

    @Override
    public int methodEnd() {
        return request.methodEnd();
    }

    @Override
    public int targetStart() {
        return request.targetStart();
    }

    @Override
    public int targetEnd() {
        // A malformed target has a start and no end.
        return Math.max(request.targetStart(), request.targetEnd());
    }

    @Override
    public int minorVersion() {
        return request.minorVersion();
    }

    @Override
    public boolean http2() {
        return client != null && client.http2();
    }

    @Override
    public int hostStart() {
        return request.hasHost() ? request.hostStart() : 0;
    }

    @Override
    public int hostEnd() {
        return request.hasHost() ? request.hostEnd() : 0;
    }

    @Override
    public int refererStart() {
        return referer < 0 ? 0 : headers().valueStart(referer);
    }

    @Override
    public int refererEnd() {
        return referer < 0 ? 0 : headers().valueEnd(referer);
    }

    @Override
    public int userAgentStart() {
        return userAgent < 0 ? 0 : headers().valueStart(userAgent);
    }

    @Override
    public int userAgentEnd() {
        return userAgent < 0 ? 0 : headers().valueEnd(userAgent);
    }
}
