package dev.weir.tls;

import dev.weir.config.Address;
import dev.weir.config.HttpVersion;
import dev.weir.config.PoolConfig;
import dev.weir.config.PoolTls;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.OpenSslSessionContext;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * TLS with the servers of one pool. Servers are verified unless the configuration says otherwise: against the authorities
 * of the system or of a file, and by name. Sessions are resumed, each server's own ones.
 */
public final class ClientTls implements Renewable {
    private static final Logger LOG = LoggerFactory.getLogger(ClientTls.class);

    private final String name;
    private final PoolConfig pool;
    private final PoolTls config;
    private final SslProvider provider;
    /** Written by the control plane, read by the loops once for each connection. */
    private volatile State state;

    /** {@code http1}: the same where nothing but HTTP/1.1 is offered; often the same object. */
    private record State(
            SslContext context, SslContext http1, @Nullable CertifiedKey own, FileStamps stamps) {}

    private ClientTls(String name, PoolConfig pool, PoolTls config, SslProvider provider) throws IOException {
        this.name = name;
        this.pool = pool;
        this.config = config;
        this.provider = provider;
        this.state = load();
    }

    /**
     * Reads the files of a pool. Blocks.
     *
     * @throws IOException with a sentence for the user
     */
    static ClientTls open(String name, PoolConfig pool, PoolTls config, SslProvider provider) throws IOException {
        return new ClientTls(name, pool, config, provider);
    }

    /**
     * A handler for one connection, without the timeout that Netty has for handshakes. Its handshake fails when the server
     * does not verify. For any loop; the caller adds it to a pipeline before anything else happens, or releases its engine.
     *
     * @param server where the connection leads
     */
    public SslHandler newHandler(ByteBufAllocator alloc, Address server) {
        return newHandler(state.context, alloc, server);
    }

    /** The same, where nothing but HTTP/1.1 is offered (ALPN). */
    public SslHandler newHttp1Handler(ByteBufAllocator alloc, Address server) {
        return newHandler(state.http1, alloc, server);
    }

    private SslHandler newHandler(SslContext context, ByteBufAllocator alloc, Address server) {
        // Host and port are also the key under which a session is kept. Servers that share a name must not share
        // sessions, so that they get ports of their own there; nothing else looks at the port.
        String host = config.serverName();
        int port = 0x10000 + (server.hashCode() & 0xFFFFFFF);
        if (host.isEmpty() && server instanceof Address.Inet inet) {
            host = inet.host();
            port = inet.port();
        }
        SslHandler handler = context.newHandler(alloc, host, port);
        handler.setHandshakeTimeoutMillis(0);
        return handler;
    }

    private State load() throws IOException {
        FileStamps stamps = FileStamps.of(files());
        SslContextBuilder builder = SslContextBuilder.forClient();
        Providers.configure(builder, provider, config.minVersion(), pool.http());
        if (config.insecureSkipVerify()) {
            LOG.warn(
                    "pool {}: insecure-skip-verify is on: whoever can redirect its connections can read and change "
                            + "what is sent over them",
                    name);
            builder.trustManager(InsecureTrustManagerFactory.INSTANCE).endpointIdentificationAlgorithm(null);
        } else {
            builder.trustManager(
                    config.ca().isEmpty() ? SystemAuthorities.read() : PemFiles.certificates(Path.of(config.ca())));
            builder.endpointIdentificationAlgorithm("HTTPS");
        }
        PoolTls.ClientCertificate files = config.certificate();
        CertifiedKey own = files == null ? null : CertifiedKey.read(files.cert(), files.key());
        if (own != null) {
            builder.keyManager(own.key(), own.chain());
        }
        SslContext context = builder.build();
        SslContext http1 = pool.http().size() > 1 ? http1(builder) : context;
        if (context.sessionContext() instanceof OpenSslSessionContext sessions) {
            sessions.setTicketKeys(); // TLS 1.2 too takes tickets
        }
        return new State(context, http1, own, stamps);
    }

    /** Rarely used, and so left to the garbage collector instead of being counted. */
    private SslContext http1(SslContextBuilder builder) throws IOException {
        SslProvider collected = provider == SslProvider.OPENSSL_REFCNT ? SslProvider.OPENSSL : provider;
        Providers.configure(builder, collected, config.minVersion(), List.of(HttpVersion.HTTP_1_1));
        return builder.build();
    }

    @Override
    public String name() {
        return "pool " + name;
    }

    @Override
    public List<Path> files() {
        PoolTls.ClientCertificate own = config.certificate();
        return Renewable.paths(List.of(config.ca(), own == null ? "" : own.cert(), own == null ? "" : own.key()));
    }

    @Override
    public Object renew() throws IOException {
        State former = state;
        state = load();
        return former.context;
    }

    @Override
    public boolean outdated() {
        return false;
    }

    @Override
    public FileStamps stamps() {
        return state.stamps;
    }

    @Override
    public Object current() {
        return state.context;
    }

    @Override
    public void tick(long now) {}

    @Override
    public List<CertifiedKey> certificates() {
        CertifiedKey own = state.own;
        return own == null ? List.of() : List.of(own);
    }
}
