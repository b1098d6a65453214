package dev.weir.tls;

import io.netty.handler.ssl.ReferenceCountedOpenSslEngine;
import io.netty.internal.tcnative.SSL;
import java.net.Socket;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/**
 * Which certificate a client is shown: by the name that it asks for (exact before wildcard, else the first certificate's
 * ones), then by the kinds of keys that it knows. Asked within the handshake, on the connection's loop; immutable.
 */
final class ServerKeys extends X509ExtendedKeyManager {
    private final List<CertifiedKey> pairs;
    private final List<byte[]> ocsp;
    private final @Nullable NativeCredentials credentials;
    /** By name; wildcards by what follows their star and dot. Numbers of {@link #pairs}. */
    private final Map<String, List<Integer>> exact = new HashMap<>();

    private final Map<String, List<Integer>> wildcards = new HashMap<>();
    private final List<Integer> fallback;

    /**
     * @param pairs at least one
     * @param ocsp for each pair the answer about it that is stapled, or nothing
     * @param credentials the same again for BoringSSL; null for the JDK's TLS, which does well without
     */
    ServerKeys(List<CertifiedKey> pairs, List<byte[]> ocsp, @Nullable NativeCredentials credentials) {
        this.pairs = List.copyOf(pairs);
        this.ocsp = List.copyOf(ocsp);
        this.credentials = credentials;
        for (int i = 0; i < pairs.size(); i++) {
            for (String name : pairs.get(i).names()) {
                Map<String, List<Integer>> names = name.startsWith("*.") ? wildcards : exact;
                names.computeIfAbsent(name.startsWith("*.") ? name.substring(2) : name, _ -> new ArrayList<>())
                        .add(i);
            }
        }
        List<String> first = pairs.getFirst().names();
        fallback = first.isEmpty() ? List.of(0) : found(first.getFirst());
    }

    private List<Integer> found(String name) {
        return name.startsWith("*.")
                ? wildcards.getOrDefault(name.substring(2), List.of())
                : exact.getOrDefault(name, List.of());
    }

    List<CertifiedKey> pairs() {
        return pairs;
    }

    /** The answer that is stapled to the certificate with this number; empty for none. */
    byte[] stapled(int index) {
        return ocsp.get(index);
    }

    /** The certificate shown to who asks for this name with this kind of key; null when there is none of the kind. */
    @Nullable CertifiedKey shown(@Nullable String name, String kind) {
        int index = choose(name, kind);
        return index < 0 ? null : pairs.get(index);
    }

    private int choose(@Nullable String name, String kind) {
        for (int index : named(name)) {
            if (pairs.get(index).kind().equals(kind)) {
                return index;
            }
        }
        return -1;
    }

    private List<Integer> named(@Nullable String name) {
        if (name == null) {
            return fallback;
        }
        String lower = name.toLowerCase(Locale.ROOT);
        List<Integer> found = exact.get(lower);
        if (found == null) {
            found = wildcards.get(lower.substring(lower.indexOf('.') + 1));
        }
        return found == null ? fallback : found;
    }

    @Override
    public @Nullable String chooseEngineServerAlias(String keyType, Principal @Nullable [] issuers, SSLEngine engine) {
        String name = requested(engine);
        int index = choose(name, keyType);
        if (index < 0) {
            return null;
        }
        if (credentials != null && engine instanceof ReferenceCountedOpenSslEngine connection) {
            prepare(connection, credentials, named(name), index);
        }
        return Integer.toString(index);
    }

    /** One of several is chosen by BoringSSL; of Netty, which asked, it then is only told of a last resort. */
    private void prepare(
            ReferenceCountedOpenSslEngine connection, NativeCredentials credentials, List<Integer> all, int index) {
        if (all.size() > 1) {
            credentials.offer(connection.sslPointer(), all);
        } else if (ocsp.get(index).length > 0) {
            connection.setOcspResponse(ocsp.get(index));
        }
    }

    private static @Nullable String requested(SSLEngine engine) {
        if (engine instanceof ReferenceCountedOpenSslEngine connection) {
            // As it came: Netty's session fails over what Java takes for no name of a host, an underscore for example.
            return SSL.getSniHostname(connection.sslPointer());
        }
        if (engine.getHandshakeSession() instanceof ExtendedSSLSession session) {
            for (SNIServerName name : session.getRequestedServerNames()) {
                if (name instanceof SNIHostName host) {
                    return host.getAsciiName();
                }
            }
        }
        return null;
    }

    @Override
    public X509Certificate[] getCertificateChain(String alias) {
        return pairs.get(Integer.parseInt(alias)).chain().toArray(new X509Certificate[0]);
    }

    @Override
    public PrivateKey getPrivateKey(String alias) {
        return pairs.get(Integer.parseInt(alias)).key();
    }

    @Override
    public String[] getServerAliases(String keyType, Principal @Nullable [] issuers) {
        List<String> aliases = new ArrayList<>();
        for (int i = 0; i < pairs.size(); i++) {
            if (pairs.get(i).kind().equals(keyType)) {
                aliases.add(Integer.toString(i));
            }
        }
        return aliases.toArray(new String[0]);
    }

    @Override
    public @Nullable String chooseServerAlias(String keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
        throw new UnsupportedOperationException("only engines are used");
    }

    @Override
    public String[] getClientAliases(String keyType, Principal @Nullable [] issuers) {
        throw new UnsupportedOperationException("these are keys of a server");
    }

    @Override
    public @Nullable String chooseClientAlias(
            String[] keyTypes, Principal @Nullable [] issuers, @Nullable Socket socket) {
        throw new UnsupportedOperationException("these are keys of a server");
    }
}
