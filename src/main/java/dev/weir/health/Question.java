package dev.weir.health;

import dev.weir.http.Headers;
import dev.weir.http.ResponseHead;
import dev.weir.upstream.UpstreamClaim;
import dev.weir.upstream.UpstreamListener;
import dev.weir.upstream.UpstreamPool;
import dev.weir.upstream.UpstreamStream;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * What one check asks of a server, and how it judges what comes back. Each step may give the verdict; null where more has
 * to come. Nothing is called after a verdict. For one check; confined to the loop of the checks.
 */
interface Question {
    /** Begins to connect as this kind of check needs it. */
    UpstreamClaim connect(UpstreamPool pool, UpstreamListener listener, long now);

    /** A connection is there. */
    @Nullable Verdict ask(UpstreamStream server);

    /** The head of the answer. */
    @Nullable Verdict head(ResponseHead head);

    /** Consumes the next {@code length} bytes of the answer's content at the reader index of {@code in}. */
    @Nullable Verdict content(ByteBuf in, int length);

    /** The answer is complete. */
    Verdict end(Headers trailers);
}
