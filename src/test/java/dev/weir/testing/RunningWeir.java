package dev.weir.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weir.StartFailure;
import dev.weir.Weir;
import dev.weir.config.ConfigReader;
import dev.weir.config.ConfigResult;
import dev.weir.config.WeirConfig;
import dev.weir.control.Control;
import dev.weir.control.FileStore;
import dev.weir.control.Reloader;
import dev.weir.process.InheritedSockets;
import io.netty.channel.EventLoop;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** A Weir of its own for one test, on ephemeral ports, started from the text of a configuration. */
public final class RunningWeir implements AutoCloseable {
    private static final long TURN_SECONDS = 30;

    private final Weir weir;

    private RunningWeir(Weir weir) {
        this.weir = weir;
    }

    /** Starts with a configuration as a user writes it. */
    public static RunningWeir of(String yaml) {
        try {
            return new RunningWeir(Weir.start(read(yaml)));
        } catch (StartFailure failure) {
            throw new IllegalStateException(failure);
        }
    }

    private static WeirConfig read(String yaml) {
        return switch (ConfigReader.read("test.yaml", yaml)) {
            case ConfigResult.Faulty faulty ->
                throw new IllegalArgumentException("faulty test configuration: " + faulty.problems());
            case ConfigResult.Sound sound -> sound.config();
        };
    }

    /** Changes to another configuration while it runs. */
    public void apply(String yaml) throws IOException {
        weir.apply(read(yaml));
    }

    /** Follows this file, and keeps what its API changes beside it. */
    public static RunningWeir following(Path file) throws IOException {
        if (!(ConfigReader.read(file) instanceof ConfigResult.Sound sound)) {
            throw new IllegalArgumentException("faulty test configuration");
        }
        FileStore store = FileStore.at(file.resolveSibling(file.getFileName() + ".state.json"));
        Control control = Control.open(sound.config(), "", store);
        try {
            Weir weir = Weir.prepare(Reloader.of(control, file), InheritedSockets.none());
            weir.accept();
            return new RunningWeir(weir);
        } catch (StartFailure failure) {
            throw new IllegalStateException(failure);
        }
    }

    /**
     * One listener, one loop, one pool {@code web} of these servers. Unless the pool's keys say something of checks, there
     * are none, so that servers see the test's own connections only; unless they say something of timeouts, servers have
     * long for a handshake, since on a busy machine theirs are slow.
     */
    public static RunningWeir before(String listenerKeys, String poolKeys, ScriptedServer... servers) {
        StringBuilder yaml = new StringBuilder("event-loops: 1\nadmin: { bind: \"127.0.0.1:0\" }\n");
        yaml.append("shutdown: { deadline: 5s, idle: 0s }\n");
        yaml.append("listeners:\n  - bind: \"127.0.0.1:0\"\n");
        listenerKeys.lines().forEach(line -> yaml.append("    ").append(line).append('\n'));
        yaml.append("pools:\n  web:\n    servers: [");
        for (ScriptedServer server : servers) {
            yaml.append('"').append(server.address()).append("\", ");
        }
        yaml.append("]\n");
        if (!poolKeys.contains("health:")) {
            yaml.append("    health: off\n");
        }
        if (!poolKeys.contains("timeouts:")) {
            yaml.append("    timeouts: { connect: 10s }\n");
        }
        poolKeys.lines().forEach(line -> yaml.append("    ").append(line).append('\n'));
        return of(yaml.toString());
    }

    public static RunningWeir before(ScriptedServer... servers) {
        return before("", "", servers);
    }

    public int port() {
        return weir.ports().get(0);
    }

    /** A new connection to the first listener. */
    public RawClient connect() throws IOException {
        return new RawClient(port());
    }

    /** Sends this on a new connection and returns all that comes until Weir closes it. */
    public String exchange(String request) throws IOException {
        try (RawClient client = connect()) {
            client.send(request);
            return client.readToEnd();
        }
    }

    public Weir weir() {
        return weir;
    }

    /** The metrics as text. What the loops were at when it was called is counted: who has his answer is counted, too. */
    public String metrics() throws IOException, InterruptedException {
        for (EventLoop loop : weir.loops()) {
            if (!loop.isShuttingDown()) {
                assertThat(loop.submit(() -> {}).await(TURN_SECONDS, TimeUnit.SECONDS))
                        .as("a turn of a loop")
                        .isTrue();
            }
        }
        try (HttpClient http = HttpClient.newHttpClient()) {
            URI uri = URI.create("http://127.0.0.1:" + weir.adminPort() + "/metrics");
            return http.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString())
                    .body();
        }
    }

    /** The value of one series, for example {@code weir_failures_total{cause="no-route",side="proxy"}}; NaN if absent. */
    public double metric(String series) throws IOException, InterruptedException {
        return metrics()
                .lines()
                .filter(line -> line.startsWith(series + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(series.length() + 1)))
                .findFirst()
                .orElse(Double.NaN);
    }

    /**
     * Waits until a series has this value. What a client has seen may have been counted a moment later, on a thread that
     * the machine has given no time.
     */
    public void awaitMetric(String series, double value) {
        await().untilAsserted(() -> assertThat(metric(series)).as(series).isEqualTo(value));
    }

    @Override
    public void close() {
        weir.stop();
        weir.awaitStop();
    }
}
