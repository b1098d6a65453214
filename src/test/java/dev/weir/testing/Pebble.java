package dev.weir.testing;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Pebble, the small ACME authority of the makers of Let's Encrypt, and its name server, to which every name has the address
 * 127.0.0.1. It forgets all when it is stopped, and has another root when it is started again.
 */
public final class Pebble implements AutoCloseable {
    private final Programs programs = new Programs();
    private final Path folder;
    private final TestAuthority authority;
    private final int port = Programs.freePort();
    private final int management = Programs.freePort();
    private final int names = Programs.freePort();
    /** Where it looks for answers to challenges. */
    private final int http;

    private final int tls;
    private @Nullable Process pebble;

    private Pebble(Path folder, int http, int tls) throws Exception {
        this.folder = folder;
        this.http = http;
        this.tls = tls;
        this.authority = TestAuthority.named("pebble", folder);
    }

    /** Leaves the test out where Pebble is not installed; it is not started yet. */
    public static Pebble validatingAt(Path folder, int http, int tls) throws Exception {
        Programs.assumeInstalled("pebble");
        Programs.assumeInstalled("pebble-challtestsrv");
        return new Pebble(folder, http, tls);
    }

    /** Starts it; what it issues is valid for so many seconds. */
    public void start(int validSeconds) throws Exception {
        start(validSeconds, "");
    }

    /** As {@link #start(int)}; accounts have to be bound to the one with this name and key (RFC 8555 section 7.3.4). */
    public void startBinding(int validSeconds, String name, String key) throws Exception {
        start(validSeconds, """
                , "externalAccountBindingRequired": true, "externalAccountMACKeys": { "%s": "%s" }
                """.formatted(name, key));
    }

    private void start(int validSeconds, String more) throws Exception {
        TestAuthority.Issued own = authority.server("localhost", "127.0.0.1");
        Path config = Files.writeString(folder.resolve("pebble.json"), """
                { "pebble": {
                    "listenAddress": "127.0.0.1:%d", "managementListenAddress": "127.0.0.1:%d",
                    "certificate": "%s", "privateKey": "%s",
                    "httpPort": %d, "tlsPort": %d, "certificateValidityPeriod": %d%s
                } }
                """.formatted(
                        port, management, own.chain(), own.key(), http, tls, validSeconds, more));
        String server = "127.0.0.1:" + names;
        if (pebble == null) {
            String address = "127.0.0.1:" + Programs.freePort();
            programs.start(
                    folder.resolve("names.log"),
                    ("pebble-challtestsrv -http01= -https01= -tlsalpn01= -defaultIPv4 127.0.0.1 -defaultIPv6= -dns01 "
                                    + server + " -management " + address)
                            .split(" "));
        }
        // A port that was free may be a client's meanwhile, for a moment.
        int starts = 0;
        while (!run(config, server)) {
            assertThat(++starts).as("starts of pebble that failed").isLessThan(5);
        }
        Programs.awaitListening(management);
    }

    /** Whether it listens rather than ends. */
    private boolean run(Path config, String server) throws Exception {
        Process started = programs.start(
                folder.resolve("pebble.log"),
                "env",
                "PEBBLE_VA_NOSLEEP=1",
                "PEBBLE_AUTHZREUSE=0",
                "pebble",
                "-config",
                config.toString(),
                "-dnsserver",
                server);
        pebble = started;
        await().atMost(Duration.ofMinutes(1)).until(() -> !started.isAlive() || Programs.listens(port));
        return started.isAlive();
    }

    public void stop() throws InterruptedException, IOException {
        Process running = requireNonNull(pebble, "it was not started");
        running.destroy();
        if (!running.waitFor(10, TimeUnit.SECONDS)) {
            throw new IOException("pebble does not stop");
        }
    }

    /** The keys of an {@code acme} section that use it. */
    public String keys() {
        return "accept-terms: on, directory: \"https://localhost:" + port + "/dir\", ca: \"" + authority.file() + "\"";
    }

    /** The PEM of its root, which is another one after each start. */
    public String root() throws Exception {
        try (HttpClient client =
                HttpClient.newBuilder().sslContext(authority.trusting()).build()) {
            URI address = URI.create("https://localhost:" + management + "/roots/0");
            return client.send(HttpRequest.newBuilder(address).build(), HttpResponse.BodyHandlers.ofString())
                    .body();
        }
    }

    /** What it has written. */
    public String log() throws IOException {
        return Files.readString(folder.resolve("pebble.log"));
    }

    @Override
    public void close() throws InterruptedException {
        programs.close();
    }
}
