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
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A real etcd of one member on free ports, which can be killed and started again with what it holds. */
public final class Etcd implements AutoCloseable {
    private final Path folder;
    private final List<String> options;
    private final int clients = Programs.freePort();
    private final int peers = Programs.freePort();
    private @Nullable Process process;
    private int run;

    private Etcd(Path folder, List<String> options) throws IOException {
        this.folder = folder;
        this.options = options;
    }

    /** Leaves the test out where etcd is not installed. */
    public static Etcd start(Path folder, String... options) throws Exception {
        Programs.assumeInstalled("etcd");
        Etcd etcd = new Etcd(folder, List.of(options));
        etcd.start();
        return etcd;
    }

    /** Starts it, again perhaps. */
    public void start() throws Exception {
        boolean tls = options.stream().anyMatch(option -> option.startsWith("--cert-file"));
        String scheme = tls ? "https" : "http";
        List<String> command = new ArrayList<>(List.of(
                "etcd",
                "--name=one",
                "--data-dir=" + folder.resolve("etcd-data"),
                "--listen-client-urls=" + scheme + "://127.0.0.1:" + clients,
                "--advertise-client-urls=" + scheme + "://127.0.0.1:" + clients,
                "--listen-peer-urls=http://127.0.0.1:" + peers,
                "--initial-advertise-peer-urls=http://127.0.0.1:" + peers,
                "--initial-cluster=one=http://127.0.0.1:" + peers,
                // Quick elections and leases: the least time of a lease follows from these.
                "--heartbeat-interval=20",
                "--election-timeout=200"));
        command.addAll(options);
        Path output = folder.resolve("etcd-" + run++ + ".log");
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
        builder.environment().putAll(Map.of("ETCDCTL_API", "3"));
        Process started = builder.start();
        process = started;
        await().atMost(Duration.ofSeconds(30))
                .until(() -> !started.isAlive() || (tls ? Programs.listens(clients) : healthy()));
        assertThat(started.isAlive()).as(Files.readString(output)).isTrue();
    }

    private boolean healthy() throws InterruptedException {
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpRequest request = HttpRequest.newBuilder(URI.create(url() + "/health"))
                    .timeout(Duration.ofSeconds(2))
                    .build();
            return client.send(request, HttpResponse.BodyHandlers.ofString())
                    .body()
                    .contains("true");
        } catch (IOException notYet) {
            return false;
        }
    }

    public int port() {
        return clients;
    }

    /** As under {@code endpoints}. */
    public String url() {
        return "http://127.0.0.1:" + clients;
    }

    /** Kills it at once. */
    public void kill() throws InterruptedException, IOException {
        Process running = requireNonNull(process, "it was not started");
        running.destroyForcibly();
        if (!running.waitFor(10, TimeUnit.SECONDS)) {
            throw new IOException("etcd does not end");
        }
    }

    /** After it was killed: loses all that it holds. */
    public void forget() throws IOException {
        try (Stream<Path> all = Files.walk(folder.resolve("etcd-data"))) {
            for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(each);
            }
        }
    }

    /** Stops it as it is: it keeps its connections and says nothing. */
    public void pause() throws Exception {
        signal("STOP");
    }

    public void resume() throws Exception {
        signal("CONT");
    }

    private void signal(String name) throws Exception {
        long pid = requireNonNull(process, "it was not started").pid();
        new ProcessBuilder("kill", "-" + name, Long.toString(pid)).start().waitFor();
    }

    @Override
    public void close() throws Exception {
        kill();
    }
}
