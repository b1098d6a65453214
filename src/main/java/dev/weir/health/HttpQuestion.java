package dev.weir.health;

import com.google.re2j.Pattern;
import dev.weir.config.HealthConfig;
import dev.weir.http.Headers;
import dev.weir.http.ResponseHead;
import dev.weir.upstream.UpstreamClaim;
import dev.weir.upstream.UpstreamListener;
import dev.weir.upstream.UpstreamPool;
import dev.weir.upstream.UpstreamStream;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A request, whose answer must have an expected status, be whole or longer than is read of it, and hold what is looked
 * for in its content.
 */
final class HttpQuestion implements Question {
    /** No more of an answer's content is read; what is longer may be endless. */
    static final int READ_BYTES = 64 << 10;

    private static final byte[] NOTHING = {};

    private final HealthConfig health;
    private final CheckRequest request;
    private final @Nullable Pattern pattern;
    private final boolean reads;
    private int status;
    private int length;
    private byte[] content = NOTHING;

    /** {@code pattern}: what {@code health.matches} says; null for nothing. */
    HttpQuestion(HealthConfig health, CheckRequest request, @Nullable Pattern pattern) {
        this.health = health;
        this.request = request;
        this.pattern = pattern;
        this.reads = pattern != null || !health.contains().isEmpty();
    }

    @Override
    public UpstreamClaim connect(UpstreamPool pool, UpstreamListener listener, long now) {
        return pool.acquire(listener, true, now);
    }

    @Override
    public @Nullable Verdict ask(UpstreamStream server) {
        request.send(server);
        return null;
    }

    @Override
    public @Nullable Verdict head(ResponseHead head) {
        status = head.status();
        return health.expect().contains(status)
                ? null
                : Verdict.down("status " + status + ", expected " + health.expect());
    }

    @Override
    public @Nullable Verdict content(ByteBuf in, int more) {
        int taken = Math.min(more, READ_BYTES - length);
        if (reads) {
            room(length + taken);
            in.getBytes(in.readerIndex(), content, length, taken);
        }
        in.skipBytes(more);
        length += taken;
        return length == READ_BYTES ? judge() : null;
    }

    private void room(int needed) {
        if (needed > content.length) {
            content = Arrays.copyOf(content, Math.min(READ_BYTES, Math.max(needed, 2 * content.length)));
        }
    }

    @Override
    public Verdict end(Headers trailers) {
        return judge();
    }

    private Verdict judge() {
        if (reads) {
            String text = new String(content, 0, length, StandardCharsets.UTF_8);
            if (!text.contains(health.contains())) {
                return Verdict.down("body lacks \"" + health.contains() + '"');
            }
            if (pattern != null && !pattern.matcher(text).find()) {
                return Verdict.down("body does not match \"" + health.matches() + '"');
            }
        }
        return Verdict.up(Integer.toString(status));
    }
}
