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
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Speaks to the admin API of a Weir that runs, for the command line. Blocks. */
final class AdminClient implements AutoCloseable {
    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    /** The process itself bounds how long it may take (`upgrade.start-timeout`), to an hour at most. */
    private static final Duration UPGRADE_TIMEOUT = Duration.ofMinutes(61);

    private final Address at;
    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(TIMEOUT).build();

    /** It could not be done; the message is one sentence for the user. */
    static final class Failed extends Exception {
        private static final long serialVersionUID = 1;

        Failed(String message) {
            super(message);
        }
    }

    /** A pool as the API tells of it. */
    record Pool(String name, JsonNode content) {}

    AdminClient(Address at) {
        this.at = at;
    }

    /** All pools with their servers. */
    List<Pool> pools() throws Failed {
        List<Pool> pools = new ArrayList<>();
        for (JsonNode each : get("/v1/pools").path("pools")) {
            String name = each.path("name").asString();
            pools.add(new Pool(name, get("/v1/pools/" + encoded(name))));
        }
        return pools;
    }

    /** Has a server be in this state from now on, and returns what is told of it then. */
    JsonNode state(String pool, String server, String state) throws Failed {
        HttpRequest.Builder request = request("/v1/pools/" + encoded(pool) + "/servers/" + encoded(server))
                .header("Content-Type", "application/json")
                .method("PATCH", HttpRequest.BodyPublishers.ofString("{\"state\":\"" + state + "\"}"));
        return ask(request);
    }

    /** Has a new process take over, and returns its number when it serves. */
    long upgrade() throws Failed {
        HttpRequest.Builder request =
                request("/v1/upgrade").timeout(UPGRADE_TIMEOUT).POST(HttpRequest.BodyPublishers.noBody());
        return ask(request).path("pid").longValue();
    }

    private JsonNode get(String path) throws Failed {
        return ask(request(path));
    }

    private HttpRequest.Builder request(String path) throws Failed {
        if (!(at instanceof Address.Inet inet)) {
            throw new Failed("the admin port is at a host and a port, not at " + at);
        }
        String host = inet.host().isEmpty() ? "localhost" : inet.host();
        return HttpRequest.newBuilder(URI.create("http://" + new Address.Inet(host, inet.port()) + path))
                .timeout(TIMEOUT);
    }

    private JsonNode ask(HttpRequest.Builder request) throws Failed {
        try {
            HttpResponse<String> response = http.send(request.build(), HttpResponse.BodyHandlers.ofString());
            JsonNode content = JsonMapper.shared().readTree(response.body());
            if (response.statusCode() != 200) {
                throw new Failed(at + " refuses: " + content.path("detail").asString(response.body()));
            }
            return content;
        } catch (ConnectException refused) {
            throw new Failed("no Weir has its admin port at " + at + "; --admin says where it is");
        } catch (JacksonException other) {
            throw new Failed("what answers at " + at + " is not Weir's admin port");
        } catch (IOException broken) {
            throw new Failed("the admin port at " + at + " does not answer: " + broken.getMessage());
        } catch (InterruptedException end) {
            Thread.currentThread().interrupt();
            throw new Failed("interrupted");
        }
    }

    private static String encoded(String segment) {
        return URLEncoder.encode(segment, UTF_8).replace("+", "%20");
    }

    @Override
    public void close() {
        http.close();
    }
}
