package dev.weir.etcd;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.weir.tls.Authorities;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Asks an etcd cluster (3.4 or later) through its JSON gateway. The member that answered last is asked first, the others
 * when it does not answer. Blocks, for virtual threads; several may use it at once.
 *
 * <p>A write that a member did not answer may have happened: who must know reads again.
 */
public final class EtcdClient {
    static final JsonMapper JSON = JsonMapper.builder().build();

    /** How long a member may take to answer. */
    private static final Duration ANSWER = Duration.ofSeconds(5);

    private final List<String> endpoints;
    private final Login login;
    private final EtcdHttp http;
    private volatile int current;
    private volatile String token = "";

    /** Who Weir is to etcd. */
    public record Login(String user, Password password) {
        /** Nobody. */
        public static final Login NONE = new Login("", () -> "");
    }

    /** Where the password comes from; asked at each login. */
    @FunctionalInterface
    public interface Password {
        String read() throws IOException;
    }

    /**
     * What was found.
     *
     * @param revision of the store when it was read
     */
    public record Range(long revision, List<KeyValue> keys) {}

    /**
     * A client of these members; asks nobody yet.
     *
     * @param endpoints URLs without a path
     * @param ca the file with the authorities that vouch for https; empty for those of the system
     * @throws IOException when the authorities cannot be read; with a sentence for the user
     */
    public EtcdClient(List<String> endpoints, Login login, String ca) throws IOException {
        this.endpoints = List.copyOf(endpoints);
        this.login = login;
        boolean tls = endpoints.stream().anyMatch(each -> each.startsWith("https:"));
        this.http = new EtcdHttp(tls ? Authorities.trusting(ca).getSocketFactory() : null);
    }

    // ---- keys ----

    /** All keys that begin so, in their order. */
    public Range prefix(String prefix) throws IOException, InterruptedException {
        ObjectNode request = JSON.createObjectNode().put("key", base64(prefix)).put("range_end", endOf(prefix));
        return range(call("/v3/kv/range", request));
    }

    /** One key; the range is empty when there is none. */
    public Range get(String key) throws IOException, InterruptedException {
        return range(call("/v3/kv/range", JSON.createObjectNode().put("key", base64(key))));
    }

    /** Writes a key, whatever it held; returns the revision. */
    public long put(String key, String value, long lease) throws IOException, InterruptedException {
        return revision(call("/v3/kv/put", putRequest(key, value, lease)));
    }

    /**
     * Writes a key if it was last written at this revision.
     *
     * @param expected 0 for a key that does not exist
     * @return the revision of the write; 0 when the key has another revision, and nothing was written
     * @throws EtcdFailure one that is {@link EtcdFailure#unanswered} when it may have been written, or may be yet
     */
    public long putIf(String key, long expected, String value) throws IOException, InterruptedException {
        ObjectNode request = JSON.createObjectNode();
        request.putArray("compare")
                .addObject()
                .put("key", base64(key))
                .put("target", "MOD")
                .put("result", "EQUAL")
                .put("mod_revision", Long.toString(expected));
        request.putArray("success").addObject().set("request_put", putRequest(key, value, 0));
        try {
            JsonNode answer = onSomeMember(endpoint -> call(endpoint, "/v3/kv/txn", request), false);
            return answer.path("succeeded").asBoolean(false) ? revision(answer) : 0;
        } catch (EtcdFailure failure) {
            if (!failure.unanswered()) {
                throw failure;
            }
            return written(key, expected, value, failure);
        }
    }

    /** A write without an answer may have been made all the same. */
    private long written(String key, long expected, String value, EtcdFailure unanswered)
            throws IOException, InterruptedException {
        List<KeyValue> keys;
        try {
            keys = get(key).keys();
        } catch (EtcdFailure alsoUnanswered) {
            throw unanswered;
        }
        for (KeyValue now : keys) {
            if (now.revision() != expected && now.value().equals(value)) {
                return now.revision();
            }
        }
        throw unanswered;
    }

    /** Removes a key, if it is there. */
    public void delete(String key) throws IOException, InterruptedException {
        call("/v3/kv/deleterange", JSON.createObjectNode().put("key", base64(key)));
    }

    private static ObjectNode putRequest(String key, String value, long lease) {
        ObjectNode put = JSON.createObjectNode();
        put.put("key", base64(key)).put("value", base64(value));
        return lease == 0 ? put : put.put("lease", Long.toString(lease));
    }

    private static Range range(JsonNode answer) {
        List<KeyValue> keys = new ArrayList<>();
        answer.path("kvs").forEach(each -> keys.add(keyValue(each)));
        return new Range(revision(answer), keys);
    }

    static KeyValue keyValue(JsonNode node) {
        return new KeyValue(
                new String(bytes(node.path("key")), UTF_8),
                new String(bytes(node.path("value")), UTF_8),
                number(node.path("mod_revision")),
                number(node.path("lease")));
    }

    private static long revision(JsonNode answer) {
        return number(answer.path("header").path("revision"));
    }

    // ---- leases ----

    /** A lease that ends after so long unless it is kept alive; returns its name. */
    public long grant(Duration ttl) throws IOException, InterruptedException {
        ObjectNode request = JSON.createObjectNode().put("TTL", Long.toString(Math.max(1, ttl.toSeconds())));
        return number(call("/v3/lease/grant", request).path("ID"));
    }

    /** Begins the time of a lease anew; false when it has ended. */
    public boolean keepAlive(long lease) throws IOException, InterruptedException {
        ObjectNode request = JSON.createObjectNode().put("ID", Long.toString(lease));
        return number(call("/v3/lease/keepalive", request).path("result").path("TTL")) > 0;
    }

    /** Ends a lease, and so all keys that have it. */
    public void revoke(long lease) throws IOException, InterruptedException {
        call("/v3/lease/revoke", JSON.createObjectNode().put("ID", Long.toString(lease)));
    }

    // ---- watches ----

    /**
     * Changes of keys that begin so, from this revision on. The member is left as soon as it loses its leader.
     *
     * @throws IOException when no member answers
     */
    EtcdWatch watch(String prefix, long revision) throws IOException, InterruptedException {
        ObjectNode request = JSON.createObjectNode();
        request.putObject("create_request")
                .put("key", base64(prefix))
                .put("range_end", endOf(prefix))
                .put("start_revision", Long.toString(revision));
        byte[] body = JSON.writeValueAsBytes(request);
        return new EtcdWatch(
                onSomeMember(endpoint -> http.post(endpoint, "/v3/watch", body, token, Duration.ZERO), true));
    }

    // ---- asking ----

    private JsonNode call(String path, ObjectNode request) throws IOException, InterruptedException {
        return onSomeMember(endpoint -> call(endpoint, path, request), true);
    }

    private JsonNode call(String endpoint, String path, ObjectNode request) throws IOException, InterruptedException {
        try (InputStream answer = http.post(endpoint, path, JSON.writeValueAsBytes(request), token, ANSWER)) {
            return JSON.readTree(EtcdHttp.whole(answer));
        } catch (JacksonException malformed) {
            throw new EtcdFailure(EtcdFailure.Kind.UNANSWERED, endpoint + " does not answer as etcd does", malformed);
        }
    }

    /** Something that is asked of one member. */
    @FunctionalInterface
    private interface Question<T> {
        T ask(String endpoint) throws IOException, InterruptedException;
    }

    /** @param repeatable whether another member may be asked when one may have done it without an answer */
    private <T> T onSomeMember(Question<T> question, boolean repeatable) throws IOException, InterruptedException {
        int first = current;
        EtcdFailure last = null;
        for (int i = 0; i < endpoints.size(); i++) {
            int member = (first + i) % endpoints.size();
            try {
                T answer = loggedIn(endpoints.get(member), question);
                current = member;
                return answer;
            } catch (EtcdFailure failure) {
                if (!failure.unreachable() || (failure.unanswered() && !repeatable)) {
                    throw failure;
                }
                last = failure;
            }
        }
        throw last == null ? new EtcdFailure(EtcdFailure.Kind.UNREACHABLE, "no member is known") : last;
    }

    /** A token ends with time, or with the member that gave it: then another one is asked for. */
    private <T> T loggedIn(String endpoint, Question<T> question) throws IOException, InterruptedException {
        if (login.user().isEmpty()) {
            return question.ask(endpoint);
        }
        if (token.isEmpty()) {
            authenticate(endpoint);
        }
        try {
            return question.ask(endpoint);
        } catch (EtcdFailure failure) {
            if (failure.kind() != EtcdFailure.Kind.NOT_LOGGED_IN) {
                throw failure;
            }
            authenticate(endpoint);
            return question.ask(endpoint);
        }
    }

    private void authenticate(String endpoint) throws IOException, InterruptedException {
        token = "";
        ObjectNode request = JSON.createObjectNode()
                .put("name", login.user())
                .put("password", login.password().read());
        token = call(endpoint, "/v3/auth/authenticate", request).path("token").asString();
    }

    // ---- notation ----

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(UTF_8));
    }

    /** The first key behind all that begin so. */
    private static String endOf(String prefix) {
        byte[] end = prefix.getBytes(UTF_8);
        end[end.length - 1]++; // no byte of UTF-8 is 0xFF
        return Base64.getEncoder().encodeToString(end);
    }

    private static byte[] bytes(JsonNode node) {
        return Base64.getDecoder().decode(node.asString(""));
    }

    /** Numbers of 64 bits are texts in this JSON, and a 0 is left out. */
    static long number(JsonNode node) {
        return node.isMissingNode() || node.isNull() ? 0 : Long.parseLong(node.asString("0"));
    }
}
