package dev.weir.tls;

import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What authorities are shown at the moment so that they certify a name (RFC 8555 section 8.3, RFC 8737): nearly always
 * nothing. It is taken from the storage, so that a Weir answers also for another one that shares the storage and orders.
 * Loops ask; the control plane refreshes.
 */
public final class Challenges {
    /** What an authority offers by ALPN, alone, when it wants to be shown the certificate that is made for it. */
    public static final String PROTOCOL = "acme-tls/1";

    private static final Logger LOG = LoggerFactory.getLogger(Challenges.class);
    private static final State NONE = new State(Map.of(), Map.of(), FileStamps.NONE);

    private final List<AcmeStorage> storages;
    private final SslProvider provider;
    /** Written by the control plane, read by the loops. */
    private volatile State state = NONE;

    /**
     * @param tokens what is answered over HTTP
     * @param proofs what is shown to whoever asks for a name with the protocol
     */
    private record State(Map<String, String> tokens, Map<String, SslContext> proofs, FileStamps stamps) {}

    Challenges(List<AcmeStorage> storages, SslProvider provider) {
        this.storages = List.copyOf(storages);
        // Rarely used, and so left to the garbage collector instead of being counted.
        this.provider = provider == SslProvider.OPENSSL_REFCNT ? SslProvider.OPENSSL : provider;
    }

    /** The answer to a request for {@code /.well-known/acme-challenge/TOKEN}; null when Weir knows of no such token. */
    public @Nullable String answer(String token) {
        return state.tokens.get(token);
    }

    /** Whether an authority may connect with {@link #PROTOCOL}. */
    public boolean proving() {
        return !state.proofs.isEmpty();
    }

    /**
     * A handler for an authority that asks for this name with {@link #PROTOCOL}; null when there is nothing to show. The
     * caller adds it to a pipeline before anything else happens.
     */
    public @Nullable SslHandler newHandler(@Nullable String name, ByteBufAllocator alloc) {
        SslContext proof = name == null ? null : state.proofs.get(name);
        if (proof == null) {
            return null;
        }
        SslHandler handler = proof.newHandler(alloc);
        handler.setHandshakeTimeoutMillis(0);
        return handler;
    }

    /** Looks at the storages. Blocks. */
    synchronized void refresh() throws IOException {
        List<Path> files = new ArrayList<>();
        for (AcmeStorage storage : storages) {
            files.addAll(storage.challenges());
        }
        FileStamps stamps = FileStamps.of(files);
        if (stamps.equals(state.stamps)) {
            return;
        }
        Map<String, String> tokens = new HashMap<>();
        Map<String, SslContext> proofs = new HashMap<>();
        for (Path file : files) {
            try {
                read(file, tokens, proofs);
            } catch (IOException unusable) {
                LOG.warn("acme: a challenge cannot be answered: {}", unusable.getMessage());
            }
        }
        state = new State(Map.copyOf(tokens), Map.copyOf(proofs), stamps);
    }

    private void read(Path file, Map<String, String> tokens, Map<String, SslContext> proofs) throws IOException {
        String name = file.getFileName().toString();
        if (name.endsWith(AcmeStorage.TOKEN)) {
            String token = name.substring(0, name.length() - AcmeStorage.TOKEN.length());
            tokens.put(token, new String(PemFiles.bytes(file), StandardCharsets.US_ASCII));
        } else if (name.endsWith(AcmeStorage.PROOF)) {
            CertifiedKey pair = CertifiedKey.read(file.toString(), file.toString());
            SslContext context = context(pair);
            pair.names().forEach(one -> proofs.put(one, context));
        }
    }

    private SslContext context(CertifiedKey pair) throws IOException {
        return SslContextBuilder.forServer(pair.key(), pair.chain())
                .sslProvider(provider)
                .protocols("TLSv1.2", "TLSv1.3")
                .applicationProtocolConfig(new ApplicationProtocolConfig(
                        ApplicationProtocolConfig.Protocol.ALPN,
                        ApplicationProtocolConfig.SelectorFailureBehavior.NO_ADVERTISE,
                        ApplicationProtocolConfig.SelectedListenerFailureBehavior.ACCEPT,
                        PROTOCOL))
                .build();
    }
}
