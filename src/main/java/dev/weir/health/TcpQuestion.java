package dev.weir.health;

import dev.weir.http.Headers;
import dev.weir.http.ResponseHead;
import dev.weir.upstream.UpstreamClaim;
import dev.weir.upstream.UpstreamListener;
import dev.weir.upstream.UpstreamPool;
import dev.weir.upstream.UpstreamStream;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/** Whether there is a connection, with TLS one that is secured. Nothing is said on it. */
final class TcpQuestion implements Question {
    @Override
    public UpstreamClaim connect(UpstreamPool pool, UpstreamListener listener, long now) {
        return pool.reach(listener);
    }

    @Override
    public Verdict ask(UpstreamStream server) {
        return Verdict.up("connected");
    }

    @Override
    public @Nullable Verdict head(ResponseHead head) {
        throw new IllegalStateException("a head on a bare connection");
    }

    @Override
    public @Nullable Verdict content(ByteBuf in, int length) {
        in.skipBytes(length);
        return null;
    }

    @Override
    public Verdict end(Headers trailers) {
        throw new IllegalStateException("the verdict is given when the connection is there");
    }
}
