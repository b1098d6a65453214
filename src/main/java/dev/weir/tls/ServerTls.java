package dev.weir.tls;

import dev.weir.config.ListenerAcme;
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
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
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
    private final Challenges challenges;
    /** What may be stapled now for a certificate without a file for it; empty for nothing. */
    private final Function<CertifiedKey, byte[]> answers;
    /** The files of certificates that are ordered; each may be there or not yet. */
    private final List<Path> ordered;
    /** Written by the control plane, read by the loops once for each connection. */
    private volatile State state;

    /** All that was made of one state of the files. */
    private record State(@Nullable Serving serving, FileStamps stamps) {
        List<CertifiedKey> pairs() {
            return serving == null ? List.of() : serving.keys.pairs();
        }
    }

    /** What there is once there is a certificate. */
    private record Serving(SslContext context, ServerKeys keys) {}

    private ServerTls(
            ListenerConfig listener,
            ListenerTls config,
            SslProvider provider,
            Challenges challenges,
            Function<CertifiedKey, byte[]> answers)
            throws IOException {
        this.name = listener.bind().toString();
        this.listener = listener;
        this.config = config;
        this.provider = provider;
        this.tickets = new TicketKeys(System.nanoTime());
        this.challenges = challenges;
        this.answers = config.fetchOcsp() ? answers : _ -> new byte[0];
        this.ordered = ordered(config.acme());
        this.state = load(List.of());
        if (!Providers.isNative(provider) && (!config.tickets().keyFiles().isEmpty() || staples())) {
            LOG.warn("listener {}: the JDK's TLS knows neither ticket keys from files nor OCSP answers", name);
        }
    }

    /**
     * Reads the files of a listener. Blocks.
     *
     * @throws IOException with a sentence for the user
     */
    static ServerTls open(
            ListenerConfig listener,
            ListenerTls config,
            SslProvider provider,
            Challenges challenges,
            Function<CertifiedKey, byte[]> answers)
            throws IOException {
        return new ServerTls(listener, config, provider, challenges, answers);
    }

    private static List<Path> ordered(@Nullable ListenerAcme acme) {
        if (acme == null) {
            return List.of();
        }
        AcmeStorage storage = AcmeStorage.of(acme.storage(), acme.directory());
        return acme.domains().stream().map(storage::certificate).toList();
    }

    /** Whether there is a certificate to show. Without one that is ordered at last, there may be none at first. */
    public boolean ready() {
        return state.serving != null;
    }

    /** What an authority may be shown in place of a certificate. */
    public Challenges challenges() {
        return challenges;
    }

    /**
     * A handler for one connection, without the timeout that Netty has for handshakes. For any loop; the caller adds it to
     * a pipeline before anything else happens, or releases its engine.
     *
     * @throws IllegalStateException when it is not {@link #ready}
     */
    public SslHandler newHandler(ByteBufAllocator alloc) {
        Serving serving = state.serving;
        if (serving == null) {
            throw new IllegalStateException("listener " + name + " has no certificate yet");
        }
        SslHandler handler = serving.context.newHandler(alloc);
        handler.setHandshakeTimeoutMillis(0);
        return handler;
    }

    /** @param former the certificates in use */
    private State load(List<CertifiedKey> former) throws IOException {
        FileStamps stamps = FileStamps.of(files());
        List<CertifiedKey> pairs = new ArrayList<>();
        List<byte[]> ocsp = new ArrayList<>();
        for (ListenerTls.Certificate files : config.certificates()) {
            CertifiedKey pair = CertifiedKey.read(files.cert(), files.key());
            pairs.add(pair);
            ocsp.add(files.ocsp().isEmpty() ? answers.apply(pair) : PemFiles.bytes(Path.of(files.ocsp())));
        }
        for (Path file : ordered) {
            CertifiedKey pair = ordered(file, former);
            if (pair != null) {
                pairs.add(pair);
                ocsp.add(answers.apply(pair));
            }
        }
        if (pairs.isEmpty()) {
            return new State(null, stamps);
        }
        NativeCredentials credentials = Providers.isNative(provider) ? NativeCredentials.of(pairs, ocsp) : null;
        ServerKeys keys = new ServerKeys(pairs, ocsp, credentials);
        return new State(new Serving(context(keys), keys), stamps);
    }

    /** One that was there and is not, or is broken, stays in use until another has been ordered. */
    private @Nullable CertifiedKey ordered(Path file, List<CertifiedKey> former) {
        try {
            if (Files.exists(file)) {
                return CertifiedKey.read(file.toString(), file.toString());
            }
        } catch (IOException broken) {
            LOG.warn("listener {}: {}", name, broken.getMessage());
        }
        return former.stream()
                .filter(pair -> pair.file().equals(file))
                .findFirst()
                .orElse(null);
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
            List<X509Certificate> authorities = PemFiles.certificates(Path.of(clients.ca()));
            if (Providers.isNative(provider)) {
                builder.trustManager(ClientVerifier.of(authorities));
            } else {
                builder.trustManager(authorities);
            }
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

    /**
     * The keys of its session tickets, for a process that takes over; empty where they are in files. With them goes what is
     * demanded of clients: a ticket stands for its first handshake.
     */
    byte[] exportTickets(long now) throws IOException {
        if (!config.tickets().keyFiles().isEmpty() || !Providers.isNative(provider)) {
            return new byte[0];
        }
        byte[] keys = tickets.export(now);
        byte[] demands = digest(demands());
        return ByteBuffer.allocate(demands.length + keys.length)
                .put(demands)
                .put(keys)
                .array();
    }

    /** Goes on with the keys of the process before, unless what is demanded of clients has changed. */
    void adoptTickets(byte[] exported, long now) throws IOException {
        byte[] demands = digest(demands());
        if (exported.length < demands.length + Long.BYTES + TicketKeys.BYTES
                || exportTickets(now).length == 0
                || !Arrays.equals(demands, Arrays.copyOf(exported, demands.length))) {
            return;
        }
        tickets.adopt(ByteBuffer.wrap(exported, demands.length, exported.length - demands.length), now);
        useTickets();
    }

    private static byte[] digest(byte[] demands) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(demands);
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
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
        return config.fetchOcsp()
                || config.certificates().stream()
                        .anyMatch(files -> !files.ocsp().isEmpty());
    }

    /** The listener's address as configured. */
    String bind() {
        return name;
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
        ordered.forEach(file -> files.add(file.toString()));
        return Renewable.paths(files);
    }

    @Override
    public @Nullable Object renew() throws IOException {
        State former = state;
        state = load(former.pairs());
        return former.serving == null ? null : former.serving.context;
    }

    @Override
    public void tick(long now) {
        if (tickets.renewWhenDue(now) && config.tickets().keyFiles().isEmpty()) {
            useTickets();
        }
    }

    private void useTickets() {
        Serving serving = state.serving;
        if (serving != null && serving.context.sessionContext() instanceof OpenSslSessionContext sessions) {
            sessions.setTicketKeys(tickets.own());
        }
    }

    /** Whether another answer than those in use is to be stapled, or none any more. */
    @Override
    public boolean outdated() {
        Serving serving = state.serving;
        if (serving == null || !config.fetchOcsp()) {
            return false;
        }
        for (int i = 0; i < serving.keys.pairs().size(); i++) {
            byte[] wanted = answers.apply(serving.keys.pairs().get(i));
            if (isFetched(i) && !Arrays.equals(wanted, serving.keys.stapled(i))) {
                return true;
            }
        }
        return false;
    }

    /** Those of the configuration come first, then those that were ordered. */
    private boolean isFetched(int index) {
        List<ListenerTls.Certificate> files = config.certificates();
        return index >= files.size() || files.get(index).ocsp().isEmpty();
    }

    /** The certificates in use for which answers are fetched. */
    List<CertifiedKey> asking() {
        List<CertifiedKey> pairs = state.pairs();
        List<CertifiedKey> asking = new ArrayList<>();
        for (int i = 0; config.fetchOcsp() && i < pairs.size(); i++) {
            if (isFetched(i)) {
                asking.add(pairs.get(i));
            }
        }
        return asking;
    }

    @Override
    public List<CertifiedKey> certificates() {
        return state.pairs();
    }

    @Override
    public FileStamps stamps() {
        return state.stamps;
    }

    @Override
    public @Nullable Object current() {
        return state.serving == null ? null : state.serving.context;
    }
}
