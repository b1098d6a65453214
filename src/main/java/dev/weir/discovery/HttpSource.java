package dev.weir.discovery;

import dev.weir.config.Address;
import dev.weir.config.ConfigReader;
import dev.weir.config.DiscoverConfig;
import dev.weir.config.PoolConfig;
import dev.weir.config.PoolConfig.ServerConfig;
import dev.weir.config.ServersResult;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Servers from an HTTP endpoint that answers with a list. What it has answered is named by its {@code ETag}, so that it
 * may say that nothing has changed, and may hold its answer until something has.
 */
final class HttpSource implements ServerSource {
    private static final int OK = 200;
    private static final int NOT_MODIFIED = 304;
    private static final Duration SHORTEST = Duration.ofMillis(100);
    /** An answer that takes so long was held, not slow. */
    private static final Duration HELD = Duration.ofSeconds(1);
    /** How long answers must be without servers to be believed, and the longest pause between two such. */
    private static final Duration TO_CONFIRM = Duration.ofSeconds(5);

    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(15);

    private final DiscoverConfig.Http config;
    private final Secret token;
    private final Supplier<PoolConfig> pool;
    private final SourceState state;
    private final Clients clients;
    private final Looking looking = new Looking("weir-discovery-http", this::look);
    private final Backoff backoff = new Backoff(Duration.ofSeconds(1), LONGEST_PAUSE, new Random());
    private final DoubtPace doubts = new DoubtPace(Duration.ofSeconds(1), Duration.ofSeconds(30));
    private String etag = "";
    /** Since when all answers are empty lists, by the nano time; null while the last one was not. */
    private @Nullable Long emptySince;

    /** Who speaks HTTP, with these authorities. */
    @FunctionalInterface
    interface Clients {
        HttpClient trusting(String ca) throws IOException;
    }

    HttpSource(DiscoverConfig.Http config, Supplier<PoolConfig> pool, SourceState state, Clients clients) {
        this.config = config;
        this.token = new Secret("token", config.tokenFile(), config.tokenEnv());
        this.pool = pool;
        this.state = state;
        this.clients = clients;
    }

    @Override
    public void start(Consumer<List<ServerConfig>> servers) {
        state.start(servers);
        looking.start();
    }

    private Duration look() throws InterruptedException {
        long begin = System.nanoTime();
        Duration rest = doubts.looks(begin, SHORTEST);
        if (!rest.isZero()) {
            return rest;
        }
        try {
            HttpResponse<byte[]> answer = ask();
            Duration pause = accept(answer);
            backoff.worked();
            boolean held = System.nanoTime() - begin >= HELD.toNanos() || isApplied(answer);
            return held ? SHORTEST : doubts.pause(pause);
        } catch (IOException failure) {
            String why = failure.getMessage() == null ? failure.getClass().getSimpleName() : failure.getMessage();
            state.failed(why);
            return doubts.pause(backoff.failed());
        }
    }

    private static boolean isApplied(HttpResponse<?> answer) {
        return answer.headers().allValues("preference-applied").stream().anyMatch(value -> value.contains("wait"));
    }

    private HttpResponse<byte[]> ask() throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(config.url()))
                .header("Accept", "application/json, application/yaml;q=0.9, */*;q=0.5");
        boolean waits = !etag.isEmpty() && config.hold().toSeconds() > 0;
        if (!etag.isEmpty()) {
            request.header("If-None-Match", etag);
        }
        if (waits) {
            request.header("Prefer", "wait=" + config.hold().toSeconds());
        }
        String secret = token.read();
        if (!secret.isEmpty()) {
            request.header("Authorization", "Bearer " + secret);
        }
        Duration most = waits ? config.timeout().plus(config.hold()) : config.timeout();
        return send(request.build(), most);
    }

    /** The time is that of the whole answer; a timeout of the request would end with its head. */
    private HttpResponse<byte[]> send(HttpRequest request, Duration most) throws IOException, InterruptedException {
        CompletableFuture<HttpResponse<byte[]>> answer = clients.trusting(config.ca())
                .sendAsync(
                        request,
                        HttpResponse.BodyHandlers.limiting(
                                HttpResponse.BodyHandlers.ofByteArray(), ConfigReader.LONGEST_FILE));
        try {
            return answer.get(most.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException late) {
            throw new IOException("no whole answer within " + most.toMillis() + " ms", late);
        } catch (ExecutionException failed) {
            Throwable cause = failed.getCause() == null ? failed : failed.getCause();
            String detail = cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
            throw new IOException("no answer (" + detail + ")", cause);
        } finally {
            answer.cancel(true);
        }
    }

    /** Returns how long to wait where nothing else is known. */
    private Duration accept(HttpResponse<byte[]> answer) throws IOException {
        if (answer.statusCode() == NOT_MODIFIED && !etag.isEmpty()) {
            state.found(state.servers());
            return config.every();
        }
        if (answer.statusCode() != OK) {
            throw new IOException("the answer has the status " + answer.statusCode());
        }
        return switch (ConfigReader.servers(config.url(), answer.body(), pool.get())) {
            case ServersResult.Faulty faulty -> throw new IOException(faulty.message());
            case ServersResult.Sound(List<ServerConfig> servers) -> accept(answer, servers);
        };
    }

    /** A registry that has just been started knows no servers: that there are none is believed when it keeps saying so. */
    private Duration accept(HttpResponse<byte[]> answer, List<ServerConfig> servers) {
        if (isDoubtful(servers)) {
            etag = "";
            state.found(state.servers(), true);
            return config.every().compareTo(TO_CONFIRM) < 0 ? config.every() : TO_CONFIRM;
        }
        etag = answer.headers().firstValue("etag").orElse("");
        state.found(servers);
        return config.every();
    }

    private boolean isDoubtful(List<ServerConfig> servers) {
        if (!servers.isEmpty()) {
            emptySince = null;
            return false;
        }
        long now = System.nanoTime();
        if (emptySince == null) {
            emptySince = now;
        }
        return !state.servers().isEmpty() && now - emptySince < TO_CONFIRM.toNanos();
    }

    @Override
    public void doubt(Address server) {
        if (state.has(server)) {
            doubts.doubt();
            looking.wake();
        }
    }

    @Override
    public SourceReport report() {
        return state.report();
    }

    @Override
    public void close() {
        state.close();
        looking.close();
    }
}
