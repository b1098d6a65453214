package dev.weir.upstream;

import dev.weir.http.BodyFraming;
import dev.weir.http.Headers;
import dev.weir.http.ResponseHead;
import dev.weir.observe.Cause;
import io.netty.buffer.ByteBuf;

/** Listens to an answer that nobody wants any more. */
enum Discarding implements UpstreamListener {
    INSTANCE;

    @Override
    public boolean replayable() {
        return false;
    }

    @Override
    public void onConnected(UpstreamStream stream) {}

    @Override
    public void onInterim(ResponseHead head) {}

    @Override
    public void onHead(ResponseHead head, BodyFraming framing) {}

    @Override
    public void onTunnel(ResponseHead head, UpstreamStream tunnel) {
        tunnel.cancel();
    }

    @Override
    public void onData(ByteBuf in, int length) {
        in.skipBytes(length);
    }

    @Override
    public void onReadComplete() {}

    @Override
    public void onEnd(Headers trailers) {}

    @Override
    public void onWritable() {}

    @Override
    public void onFailure(Cause cause, Delivery delivery, String detail) {}
}
