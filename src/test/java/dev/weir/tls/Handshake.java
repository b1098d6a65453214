package dev.weir.tls;

import io.netty.buffer.ByteBuf;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.ssl.SslHandler;
import java.security.cert.X509Certificate;
import java.util.function.Consumer;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;

/** A client and a server that shake hands in memory, without sockets and threads. */
final class Handshake implements AutoCloseable {
    private final SslHandler clientHandler;
    private final SslHandler serverHandler;
    private final EmbeddedChannel client;
    private final EmbeddedChannel server;

    /** Shakes hands as far as it goes. */
    Handshake(SslHandler clientHandler, SslHandler serverHandler) {
        this.clientHandler = clientHandler;
        this.serverHandler = serverHandler;
        this.server = new EmbeddedChannel(serverHandler);
        this.client = new EmbeddedChannel(clientHandler);
        pass();
    }

    /** A client of the JDK's TLS; {@code peerHost} is the server name it asks for. */
    static SslHandler client(SSLContext context, @Nullable String peerHost, Consumer<SSLParameters> demands) {
        SSLEngine engine = context.createSSLEngine(peerHost, 443);
        engine.setUseClientMode(true);
        SSLParameters parameters = engine.getSSLParameters();
        demands.accept(parameters);
        engine.setSSLParameters(parameters);
        return new SslHandler(engine);
    }

    private void pass() {
        boolean moved = true;
        while (moved) {
            boolean sent = move(client, server);
            moved = move(server, client) || sent;
        }
    }

    private static boolean move(EmbeddedChannel from, EmbeddedChannel to) {
        boolean moved = false;
        for (ByteBuf message = from.readOutbound(); message != null; message = from.readOutbound()) {
            moved = true;
            if (!to.isOpen()) {
                message.release();
                continue;
            }
            try {
                to.writeInbound(message);
            } catch (Exception refused) {
                moved = true; // both sides tell their outcome themselves
            }
        }
        return moved;
    }

    boolean isDone() {
        return clientHandler.handshakeFuture().isSuccess()
                && serverHandler.handshakeFuture().isSuccess();
    }

    /** The certificate that the server showed. */
    X509Certificate shown() throws SSLPeerUnverifiedException {
        return (X509Certificate) clientHandler.engine().getSession().getPeerCertificates()[0];
    }

    SslHandler clientSide() {
        return clientHandler;
    }

    SslHandler serverSide() {
        return serverHandler;
    }

    /** Sends a byte each way as far as the connections are open, so that tickets and late alerts arrive. */
    Handshake talk() {
        say(client);
        say(server);
        pass();
        return this;
    }

    private static void say(EmbeddedChannel channel) {
        if (channel.isOpen()) {
            channel.writeOneOutbound(channel.alloc().buffer().writeByte(1));
            channel.flush();
        }
    }

    @Override
    public void close() {
        finish(client);
        finish(server);
    }

    private static void finish(EmbeddedChannel channel) {
        try {
            channel.finishAndReleaseAll();
        } catch (Exception told) {
            channel.releaseInbound(); // what the handshake failed with, which its future holds too
            channel.releaseOutbound();
        }
    }
}
