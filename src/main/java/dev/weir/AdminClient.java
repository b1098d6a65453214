package dev.weir;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.weir.config.Address;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Speaks to the admin API of a Weir that runs, for the command line. Blocks. */
final class AdminClient implements AutoCloseable {
    /** A change may wait for etcd, which is asked member by member, for seconds each. */
    private static final Duration TIMEOUT = Duration.ofSeconds(30);
    /** The process itself bounds how long it may take (`upgrade.start-timeout`), to an hour at most. */
    private static final Duration UPGRADE_TIMEOUT = Duration.ofMinutes(61);

    private static final String JSON = "application/json";
    private static final String YAML = "application/yaml";

    private final Address at;
    private final String token;
    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(TIMEOUT).build();

    /** It could not be done; the message is one sentence for the user. */
    static final class Failed extends Exception {
        private static final long serialVersionUID = 1;

        private final transient List<String> problems;

        Failed(String message) {
            this(message, List.of());
        }

        /** {@code problems}: what is wrong, each a sentence, to be said before. */
        Failed(String message, List<String> problems) {
            super(message);
            this.problems = List.copyOf(problems);
        }

        List<String> problems() {
            return problems;
        }
    }

    /** What is asked. An empty content type is for no content. */
    record Question(String method, String path, String contentType, String content, Duration timeout) {
        static Question get(String path) {
            return of("GET", path);
        }

        static Question of(String method, String path) {
            return new Question(method, path, "", "", TIMEOUT);
        }

        static Question json(String method, String path, JsonNode content) {
            return new Question(method, path, JSON, content.toString(), TIMEOUT);
        }

        static Question yaml(String method, String path, String content) {
            return new Question(method, path, YAML, content, TIMEOUT);
        }
    }

    /** What came back. */
    record Answer(int status, String content) {}

    /** A pool as the API tells of it. */
    record Pool(String name, JsonNode content) {}

    /**
     * Nothing is connected yet.
     *
     * @param token empty for none
     */
    AdminClient(Address at, String token) {
        this.at = at;
        this.token = token;
    }

    /** All pools with their servers. */
    List<Pool> pools() throws Failed {
        List<Pool> pools = new ArrayList<>();
        for (JsonNode each : get("/v1/pools").path("pools")) {
            String name = each.path("name").asString();
            pools.add(new Pool(name, get(pool(name))));
        }
        return pools;
    }

    static String pool(String name) {
        return "/v1/pools/" + encoded(name);
    }

    static String server(String pool, String address) {
        return pool(pool) + "/servers/" + encoded(address);
    }

    static String encoded(String segment) {
        return URLEncoder.encode(segment, UTF_8).replace("+", "%20");
    }

    /** Has a new process take over, and returns its number when it serves. */
    long upgrade() throws Failed {
        return ask(new Question("POST", "/v1/upgrade", "", "", UPGRADE_TIMEOUT))
                .path("pid")
                .longValue();
    }

    JsonNode get(String path) throws Failed {
        return ask(Question.get(path));
    }

    /** The content of the answer; an empty object when it has none. */
    JsonNode ask(Question question) throws Failed {
        Answer answer = send(question);
        try {
            JsonNode content = answer.content().isEmpty()
                    ? JsonMapper.shared().createObjectNode()
                    : JsonMapper.shared().readTree(answer.content());
            if (answer.status() / 100 != 2) {
                throw refused(answer, content);
            }
            return content;
        } catch (JacksonException other) {
            throw new Failed("what answers at " + at + " is not Weir's admin port");
        }
    }

    private Failed refused(Answer answer, JsonNode content) {
        if (answer.status() == 401) {
            return new Failed(at + " asks for its token; --token-file or WEIR_ADMIN_TOKEN has it");
        }
        List<String> problems = new ArrayList<>();
        content.path("problems").forEach(problem -> problems.add(problem.asString()));
        String detail = content.path("detail").asString(answer.content());
        String end = detail.endsWith(".") ? detail.substring(0, detail.length() - 1) : detail;
        return new Failed(
                at + " refuses: " + end, problems.size() > 1 || answer.status() == 422 ? problems : List.of());
    }

    private Answer send(Question question) throws Failed {
        try {
            return at instanceof Address.Inet inet ? overTcp(inet, question) : UnixHttp.ask(at, token, question);
        } catch (ConnectException refused) {
            throw new Failed("no Weir has its admin port at " + at + "; --admin says where it is");
        } catch (IOException broken) {
            throw new Failed("the admin port at " + at + " does not answer: " + broken.getMessage());
        } catch (InterruptedException end) {
            Thread.currentThread().interrupt();
            throw new Failed("interrupted");
        }
    }

    private Answer overTcp(Address.Inet inet, Question question) throws IOException, InterruptedException {
        String host = inet.host().isEmpty() ? "localhost" : inet.host();
        HttpRequest.Builder request = HttpRequest.newBuilder(
                        URI.create("http://" + new Address.Inet(host, inet.port()) + question.path()))
                .timeout(question.timeout())
                .method(
                        question.method(),
                        question.contentType().isEmpty()
                                ? HttpRequest.BodyPublishers.noBody()
                                : HttpRequest.BodyPublishers.ofString(question.content()));
        if (!question.contentType().isEmpty()) {
            request.header("Content-Type", question.contentType());
        }
        if (!token.isEmpty()) {
            request.header("Authorization", "Bearer " + token);
        }
        HttpResponse<String> response = http.send(request.build(), HttpResponse.BodyHandlers.ofString());
        @Nullable String content = response.body();
        return new Answer(response.statusCode(), content == null ? "" : content);
    }

    @Override
    public void close() {
        http.close();
    }
}
