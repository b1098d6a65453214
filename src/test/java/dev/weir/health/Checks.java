package dev.weir.health;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.config.Address;
import dev.weir.config.ConfigReader;
import dev.weir.config.ConfigResult;
import dev.weir.config.HealthConfig;
import dev.weir.config.PoolConfig;
import dev.weir.config.WeirConfig;
import dev.weir.loop.Transport;
import dev.weir.observe.Meters;
import dev.weir.pool.Server;
import dev.weir.pool.ServerRegistry;
import dev.weir.testing.ScriptedServer;
import dev.weir.tls.TlsKeeper;
import dev.weir.upstream.UpstreamSettings;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A checker and one pool, whose keys a test writes as in a configuration file. */
final class Checks implements AutoCloseable {
    final Checker checker = Checker.start(Transport.best());
    final HealthConfig health;
    final UpstreamSettings settings;
    private final TlsKeeper tls;

    private Checks(PoolConfig pool, TlsKeeper tls) {
        this.health = pool.health();
        this.tls = tls;
        this.settings = UpstreamSettings.of(pool, tls.set().pool("web", pool));
    }

    /** {@code poolKeys}: lines of YAML; they include {@code health}. */
    static Checks of(String poolKeys) throws Exception {
        String yaml = "listeners: [{ bind: '127.0.0.1:0' }]\npools:\n  web:\n    servers: ['127.0.0.1:1']\n"
                + poolKeys.indent(4);
        ConfigResult read = ConfigReader.read("test.yaml", yaml);
        assertThat(read).as(yaml).isInstanceOf(ConfigResult.Sound.class);
        WeirConfig config = ((ConfigResult.Sound) read).config();
        PoolConfig pool = Objects.requireNonNull(config.pools().get("web"));
        TlsKeeper tls = TlsKeeper.open(new Meters(1));
        tls.adopt(tls.prepare(config));
        return new Checks(pool, tls);
    }

    /** Only {@code health}; unless a test says how long a check may take, it is long. */
    static Checks health(String keys) throws Exception {
        return of("health: { " + keys + (keys.contains("timeout:") ? "" : ", timeout: 20s") + " }");
    }

    static Server server(String host, int port, SocketAddress... endpoints) {
        Server server = new ServerRegistry().acquire("web", new Address.Inet(host, port));
        server.endpoints(endpoints);
        return server;
    }

    static Server local(int port) {
        return server("127.0.0.1", port, new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    }

    CompletableFuture<CheckResult> begin(Server server) {
        CompletableFuture<CheckResult> result = new CompletableFuture<>();
        checker.check(server, health, settings, found -> {
            if (!result.complete(found)) {
                throw new IllegalStateException("a second result: " + found);
            }
        });
        return result;
    }

    CheckResult of(Server server) throws Exception {
        return begin(server).get(40, TimeUnit.SECONDS);
    }

    CheckResult of(ScriptedServer server) throws Exception {
        return of(local(server.port()));
    }

    /** One check with these keys of {@code health} alone. */
    static CheckResult one(String keys, ScriptedServer.Script script) throws Exception {
        try (ScriptedServer server = ScriptedServer.of(script);
                Checks checks = health(keys)) {
            return checks.of(server);
        }
    }

    @Override
    public void close() {
        checker.close();
        tls.close();
    }
}
