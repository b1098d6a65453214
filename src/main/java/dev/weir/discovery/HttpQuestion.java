package dev.weir.discovery;

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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Servers from an HTTP endpoint that answers with a list. What it has answered is named by its {@code ETag}, so that it
 * may say that nothing has changed, and may hold its answer until something has.
 */
final class HttpQuestion implements AskedSource.Question {
    private static final int OK = 200;
    private static final int NOT_MODIFIED = 304;
    private static final Duration SHORTEST = Duration.ofMillis(100);
    /** An answer that takes so long was held, not slow. */
    private static final Duration HELD = Duration.ofSeconds(1);
    /** How long answers must be without servers to be believed, and the longest pause between two such. */
    private static final Duration TO_CONFIRM = Duration.ofSeconds(5);

    static final AskedSource.Pace PACE =
            new AskedSource.Pace(SHORTEST, Duration.ofSeconds(1), Duration.ofSeconds(1), Duration.ofSeconds(15));

    private final DiscoverConfig.Http config;
    private final Secret token;
    private final Supplier<PoolConfig> pool;
    private final Clients clients;
    private List<ServerConfig> last = List.of();
    private String etag = "";
    /** Since when all answers are empty lists, by the nano time; null while the last one was not. */
    private @Nullable Long emptySince;

    /** Who speaks HTTP, with these authorities. */
    @FunctionalInterface
    interface Clients {
        HttpClient trusting(String ca) throws IOException;
    }

    HttpQuestion(DiscoverConfig.Http config, Supplier<PoolConfig> pool, Clients clients) {
        this.config = config;
        this.token = new Secret("token", config.tokenFile(), config.tokenEnv());
        this.pool = pool;
        this.clients = clients;
    }

    @Override
    public AskedSource.Answer ask() throws IOException, InterruptedException {
        long begin = System.nanoTime();
        HttpResponse<byte[]> response = send();
        AskedSource.Answer answer = answer(response);
        boolean waited = System.nanoTime() - begin >= HELD.toNanos() || isApplied(response);
        return waited ? new AskedSource.Answer(answer.servers(), answer.held(), SHORTEST) : answer;
    }

    private static boolean isApplied(HttpResponse<?> answer) {
        return answer.headers().allValues("preference-applied").stream().anyMatch(value -> value.contains("wait"));
    }

    private HttpResponse<byte[]> send() throws IOException, InterruptedException {
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

    private AskedSource.Answer answer(HttpResponse<byte[]> response) throws IOException {
        if (response.statusCode() == NOT_MODIFIED && !etag.isEmpty()) {
            return new AskedSource.Answer(last, false, config.every());
        }
        if (response.statusCode() != OK) {
            throw new IOException("the answer has the status " + response.statusCode());
        }
        return switch (ConfigReader.servers(config.url(), response.body(), pool.get())) {
            case ServersResult.Faulty faulty -> throw new IOException(faulty.message());
            case ServersResult.Sound(List<ServerConfig> servers) -> answer(response, servers);
        };
    }

    /** A registry that has just been started knows no servers: that there are none is believed when it keeps saying so. */
    private AskedSource.Answer answer(HttpResponse<?> response, List<ServerConfig> servers) {
        if (isDoubtful(servers)) {
            etag = "";
            Duration soon = config.every().compareTo(TO_CONFIRM) < 0 ? config.every() : TO_CONFIRM;
            return new AskedSource.Answer(last, true, soon);
        }
        etag = response.headers().firstValue("etag").orElse("");
        last = servers;
        return new AskedSource.Answer(servers, false, config.every());
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
        return !last.isEmpty() && now - emptySince < TO_CONFIRM.toNanos();
    }
}
