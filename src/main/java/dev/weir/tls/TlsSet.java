package dev.weir.tls;

import dev.weir.config.Address;
import dev.weir.config.HttpVersion;
import dev.weir.config.ListenerAcme;
import dev.weir.config.ListenerConfig;
import dev.weir.config.ListenerTls;
import dev.weir.config.PoolConfig;
import dev.weir.config.PoolTls;
import dev.weir.config.WeirConfig;
import io.netty.handler.ssl.SslProvider;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.time.InstantSource;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * TLS of all listeners and pools of one configuration, told by what the configuration says of them: what two
 * configurations say alike, their sets have in common. Immutable; made by {@link TlsKeeper}.
 */
public final class TlsSet {
    static final TlsSet NONE =
            new TlsSet(List.of(), new Challenges(List.of(), SslProvider.JDK), null, Map.of(), Map.of());

    private record ListenerKey(Address bind, ListenerTls tls, List<HttpVersion> http) {}

    private record PoolKey(String name, PoolTls tls, List<HttpVersion> http) {}

    private final List<ListenerAcme> ordered;
    private final Challenges challenges;
    private final @Nullable AcmeKeeper acme;
    private final Map<ListenerKey, ServerTls> listeners;
    private final Map<PoolKey, ClientTls> pools;

    private TlsSet(
            List<ListenerAcme> ordered,
            Challenges challenges,
            @Nullable AcmeKeeper acme,
            Map<ListenerKey, ServerTls> listeners,
            Map<PoolKey, ClientTls> pools) {
        this.ordered = ordered;
        this.challenges = challenges;
        this.acme = acme;
        this.listeners = listeners;
        this.pools = pools;
    }

    /** Of the listeners. */
    Collection<ServerTls> serving() {
        return listeners.values();
    }

    /** How its parts are made. */
    record Makers(Supplier<SslProvider> provider, Function<CertifiedKey, byte[]> ocspAnswers, InstantSource clock) {}

    /**
     * Reads the files that the configuration names, but for what {@code former} has already. Blocks.
     *
     * @throws IOException with a sentence for the user; then nothing is left open
     */
    static TlsSet open(WeirConfig config, TlsSet former, Makers makers) throws IOException {
        List<ListenerAcme> ordered = config.listeners().stream()
                .map(ListenerConfig::tls)
                .filter(Objects::nonNull)
                .map(ListenerTls::acme)
                .filter(Objects::nonNull)
                .toList();
        TlsSet base = former.orders(ordered, makers);
        Map<ListenerKey, ServerTls> listeners = new HashMap<>();
        Map<PoolKey, ClientTls> pools = new HashMap<>();
        TlsSet opened = new TlsSet(ordered, base.challenges, base.acme, listeners, pools);
        try {
            for (ListenerConfig listener : config.listeners()) {
                ListenerKey key = key(listener);
                if (key != null) {
                    ServerTls known = base.listeners.get(key);
                    listeners.put(key, known != null ? known : open(listener, key, base.challenges, makers));
                }
            }
            for (var pool : config.pools().entrySet()) {
                PoolKey key = key(pool.getKey(), pool.getValue());
                if (key != null) {
                    ClientTls known = base.pools.get(key);
                    pools.put(key, known != null ? known : open(pool.getValue(), key, makers));
                }
            }
        } catch (IOException failure) {
            opened.release(former);
            throw failure;
        }
        return opened;
    }

    /**
     * This with other orders of certificates. All listeners show what proves an order, so with other orders none of them
     * is the same.
     */
    private TlsSet orders(List<ListenerAcme> next, Makers makers) throws IOException {
        if (next.equals(ordered)) {
            return this;
        }
        Challenges proofs = new Challenges(
                next.stream()
                        .map(one -> AcmeStorage.of(one.storage(), one.directory()))
                        .distinct()
                        .toList(),
                makers.provider().get());
        AcmeKeeper keeper = next.isEmpty()
                ? null
                : explained("acme", () -> AcmeKeeper.open(next, proofs, AcmeClient::order, makers.clock()));
        return new TlsSet(next, proofs, keeper, Map.of(), pools);
    }

    private static ServerTls open(ListenerConfig listener, ListenerKey key, Challenges challenges, Makers makers)
            throws IOException {
        return explained(
                "listener " + listener.bind(),
                () -> ServerTls.open(listener, key.tls(), makers.provider().get(), challenges, makers.ocspAnswers()));
    }

    private static ClientTls open(PoolConfig pool, PoolKey key, Makers makers) throws IOException {
        return explained(
                "pool " + key.name(),
                () -> ClientTls.open(
                        key.name(), pool, key.tls(), makers.provider().get()));
    }

    private static @Nullable ListenerKey key(ListenerConfig listener) {
        ListenerTls tls = listener.tls();
        return tls == null || (tls.certificates().isEmpty() && tls.acme() == null)
                ? null
                : new ListenerKey(listener.bind(), tls, listener.http());
    }

    private static @Nullable PoolKey key(String name, PoolConfig pool) {
        PoolTls tls = pool.tls();
        return tls == null ? null : new PoolKey(name, tls, pool.http());
    }

    @FunctionalInterface
    private interface Opening<T> {
        T open() throws IOException;
    }

    private static <T> T explained(String whose, Opening<T> opening) throws IOException {
        try {
            return opening.open();
        } catch (IOException failure) {
            throw new IOException(whose + ": " + failure.getMessage(), failure);
        }
    }

    /** TLS of a listener of the configuration; null when it ends none. */
    public @Nullable ServerTls listener(ListenerConfig listener) {
        ListenerKey key = key(listener);
        return key == null ? null : listeners.get(key);
    }

    /** TLS with the servers of this pool; null for clear text. */
    public @Nullable ClientTls pool(String name, PoolConfig pool) {
        PoolKey key = key(name, pool);
        return key == null ? null : pools.get(key);
    }

    /** What authorities that ask over HTTP are answered; null when no certificate is ordered that way. */
    public @Nullable Challenges httpChallenges() {
        return acme != null && acme.proves(ListenerAcme.Challenge.HTTP_01) ? challenges : null;
    }

    Challenges challenges() {
        return challenges;
    }

    @Nullable AcmeKeeper acme() {
        return acme;
    }

    /** All that is made of files. */
    List<Renewable> targets() {
        return Stream.<Renewable>concat(listeners.values().stream(), pools.values().stream())
                .toList();
    }

    /** The certificates for which answers of responders are fetched. */
    List<CertifiedKey> asking() {
        return listeners.values().stream()
                .flatMap(listener -> listener.asking().stream())
                .toList();
    }

    boolean fetchesOcsp() {
        return listeners.keySet().stream().anyMatch(key -> key.tls().fetchOcsp());
    }

    /** Those of this set that the other has not. */
    List<Renewable> without(TlsSet other) {
        Set<Renewable> shared = Collections.newSetFromMap(new IdentityHashMap<>());
        shared.addAll(other.targets());
        return targets().stream().filter(each -> !shared.contains(each)).toList();
    }

    /** Gives back what is in this set and not in the other, and was never used. */
    void release(TlsSet kept) {
        for (Renewable target : without(kept)) {
            ReferenceCountUtil.release(target.current());
        }
    }
}
