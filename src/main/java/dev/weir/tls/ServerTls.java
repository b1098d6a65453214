package dev.weir.tls;

import dev.weir.config.ListenerConfig;
import dev.weir.config.ListenerTls;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.OpenSslSessionContext;
import io.netty.handler.ssl.OpenSslSessionTicketKey;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * TLS of one listener. Which certificate a client is shown is decided within its handshake by the name that it asks for,
 * so one context serves all names. A renewal makes a new context; connections that have begun keep the old one.
 */
public final class ServerTls implements Renewable {
    private static final Logger LOG = LoggerFactory.getLogger(ServerTls.class);

    private final String name;
    private final ListenerConfig listener;
    private final ListenerTls config;
    private final SslProvider provider;
    private final TicketKeys tickets;
    /** Written by the control plane, read by the loops once for each connection. */
    private volatile State state;

    /** All that was made of one state of the files. */
    private record State(SslContext context, ServerKeys keys, FileStamps stamps) {}

    private ServerTls(ListenerConfig listener, ListenerTls config, SslProvider provider) throws IOException {
        this.name = listener.bind().toString();
        this.listener = listener;
        this.config = config;
        this.provider = provider;
        this.tickets = new TicketKeys(System.nanoTime());
        this.state = load();
        if (!Providers.isNative(provider) && (!config.tickets().keyFiles().isEmpty() || staples())) {
            LOG.warn("listener {}: the JDK's TLS knows neither ticket keys nor OCSP answers from files", name);
        }
    }

    /**
     * Reads the files of a listener. Blocks.
     *
     * @throws IOException with a sentence for the user
     */
    static ServerTls open(ListenerConfig listener, ListenerTls config, SslProvider provider) throws IOException {
        return new ServerTls(listener, config, provider);
    }

    /**
     * A handler for one connection, without the timeout that Netty has for handshakes. For any loop; the caller adds it to
     * a pipeline before anything else happens, or releases its engine.
     */
    public SslHandler newHandler(ByteBufAllocator alloc) {
        SslHandler handler = state.context.newHandler(alloc);
        handler.setHandshakeTimeoutMillis(0);
        return handler;
    }

    private State load() throws IOException {
        FileStamps stamps = FileStamps.of(files());
        List<CertifiedKey> pairs = new ArrayList<>();
        List<byte[]> ocsp = new ArrayList<>();
        for (ListenerTls.Certificate files : config.certificates()) {
            pairs.add(CertifiedKey.read(files.cert(), files.key()));
            ocsp.add(files.ocsp().isEmpty() ? new byte[0] : PemFiles.bytes(Path.of(files.ocsp())));
        }
        NativeCredentials credentials = Providers.isNative(provider) ? NativeCredentials.of(pairs, ocsp) : null;
        ServerKeys keys = new ServerKeys(pairs, ocsp, credentials);
        return new State(context(keys), keys, stamps);
    }

    private SslContext context(ServerKeys keys) throws IOException {
        OpenSslSessionTicketKey[] ticketKeys = ticketKeys();
        SslContextBuilder builder = SslContextBuilder.forServer(KeyFactory.of(keys, provider));
        Providers.configure(builder, provider, config.minVersion(), listener.http());
        ListenerTls.ClientCertificates clients = config.clientCertificates();
        builder.clientAuth(
                switch (clients.mode()) {
                    case NONE -> ClientAuth.NONE;
                    case OPTIONAL -> ClientAuth.OPTIONAL;
                    case REQUIRED -> ClientAuth.REQUIRE;
                });
        if (!clients.ca().isEmpty()) {
            builder.trustManager(PemFiles.certificates(Path.of(clients.ca())));
        }
        builder.enableOcsp(Providers.isNative(provider) && staples());
        SslContext context = builder.build();
        if (context.sessionContext() instanceof OpenSslSessionContext sessions) {
            // Sessions live in tickets; a cache of them here would only hold memory.
            sessions.setSessionCacheEnabled(false);
            sessions.setTicketKeys(ticketKeys);
        }
        return context;
    }

    private OpenSslSessionTicketKey[] ticketKeys() throws IOException {
        List<String> files = config.tickets().keyFiles();
        return files.isEmpty() ? tickets.own() : TicketKeys.read(Renewable.paths(files), demands());
    }

    private byte[] demands() throws IOException {
        ListenerTls.ClientCertificates clients = config.clientCertificates();
        byte[] ca = clients.ca().isEmpty() ? new byte[0] : PemFiles.bytes(Path.of(clients.ca()));
        ByteArrayOutputStream demands = new ByteArrayOutputStream();
        demands.writeBytes((clients.mode() + "\n").getBytes(StandardCharsets.US_ASCII));
        demands.writeBytes(ca);
        return demands.toByteArray();
    }

    private boolean staples() {
        return config.certificates().stream().anyMatch(files -> !files.ocsp().isEmpty());
    }

    @Override
    public String name() {
        return "listener " + name;
    }

    @Override
    public List<Path> files() {
        List<String> files = new ArrayList<>(config.tickets().keyFiles());
        for (ListenerTls.Certificate one : config.certificates()) {
            files.addAll(List.of(one.cert(), one.key(), one.ocsp()));
        }
        files.add(config.clientCertificates().ca());
        return Renewable.paths(files);
    }

    @Override
    public Object renew() throws IOException {
        State former = state;
        state = load();
        return former.context;
    }

    @Override
    public void tick(long now) {
        if (tickets.renewWhenDue(now)
                && config.tickets().keyFiles().isEmpty()
                && state.context.sessionContext() instanceof OpenSslSessionContext sessions) {
            sessions.setTicketKeys(tickets.own());
        }
    }

    @Override
    public List<CertifiedKey> certificates() {
        return state.keys.pairs();
    }

    @Override
    public FileStamps stamps() {
        return state.stamps;
    }

    @Override
    public Object current() {
        return state.context;
    }
}
