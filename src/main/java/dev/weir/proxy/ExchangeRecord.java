package dev.weir.proxy;

import dev.weir.http.Field;
import dev.weir.http.Headers;
import dev.weir.http.RequestHead;
import dev.weir.observe.AccessRecord;
import dev.weir.observe.Cause;
import dev.weir.pool.Server;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** An exchange as the access log sees it; one for each loop, pointed at each exchange in its turn. */
final class ExchangeRecord implements AccessRecord {
    private @Nullable Exchange exchange;
    private @Nullable Server server;
    private @Nullable ClientInfo client;
    private long durationNanos;
    private long endMillis;
    private int referer;
    private int userAgent;

    ExchangeRecord of(Exchange ended, @Nullable Server tried, ClientInfo from, long duration) {
        exchange = ended;
        server = tried;
        client = from;
        durationNanos = duration;
        endMillis = System.currentTimeMillis();
        referer = headers().indexOf(Field.REFERER);
        userAgent = headers().indexOf(Field.USER_AGENT);
        return this;
    }

    private Exchange exchange() {
        return Objects.requireNonNull(exchange);
    }

    private RequestHead request() {
        return exchange().request();
    }

    private Headers headers() {
        return request().headers();
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
        return exchange().connectNanos;
    }

    @Override
    public long firstByteNanos() {
        return exchange().firstByteNanos;
    }

    @Override
    public int status() {
        return exchange().status;
    }

    @Override
    public long requestBodyBytes() {
        return exchange().requestBytes;
    }

    @Override
    public long responseBodyBytes() {
        return exchange().responseBytes;
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
        return exchange().attempts().poolName();
    }

    @Override
    public String server() {
        return server == null ? "" : server.name();
    }

    @Override
    public int attempts() {
        return exchange().attempts().count();
    }

    @Override
    public String retriedFor() {
        return exchange().attempts().retriedFor();
    }

    @Override
    public boolean reusedConnection() {
        return exchange().reusedConnection;
    }

    @Override
    public @Nullable Cause cause() {
        return exchange().cause;
    }

    @Override
    public byte[] head() {
        return request().bytes();
    }

    @Override
    public int methodStart() {
        return request().methodStart();
    }

    @Override
    public int methodEnd() {
        return request().methodEnd();
    }

    @Override
    public int targetStart() {
        return request().targetStart();
    }

    @Override
    public int targetEnd() {
        // A malformed target has a start and no end.
        return Math.max(request().targetStart(), request().targetEnd());
    }

    @Override
    public int minorVersion() {
        return request().minorVersion();
    }

    @Override
    public boolean http2() {
        return client != null && client.http2();
    }

    @Override
    public int hostStart() {
        return request().hasHost() ? request().hostStart() : 0;
    }

    @Override
    public int hostEnd() {
        return request().hasHost() ? request().hostEnd() : 0;
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
