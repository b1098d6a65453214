package dev.weir.tls;

import io.netty.handler.ssl.OpenSslCachingX509KeyManagerFactory;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.util.SimpleKeyManagerFactory;
import java.security.KeyStore;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.ManagerFactoryParameters;
import org.jspecify.annotations.Nullable;

/** Hands {@link ServerKeys} to Netty, which takes key managers of servers from a factory only. */
final class KeyFactory extends SimpleKeyManagerFactory {
    private final KeyManager keys;

    private KeyFactory(KeyManager keys) {
        this.keys = keys;
    }

    /** With the native provider each key is converted once instead of in each handshake. */
    static KeyManagerFactory of(ServerKeys keys, SslProvider provider) {
        KeyFactory plain = new KeyFactory(keys);
        return Providers.isNative(provider) ? new OpenSslCachingX509KeyManagerFactory(plain) : plain;
    }

    @Override
    protected void engineInit(@Nullable KeyStore keyStore, char @Nullable [] password) {}

    @Override
    protected void engineInit(@Nullable ManagerFactoryParameters parameters) {}

    @Override
    protected KeyManager[] engineGetKeyManagers() {
        return new KeyManager[] {keys};
    }
}
