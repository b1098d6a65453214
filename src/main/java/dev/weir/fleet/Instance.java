package dev.weir.fleet;

import dev.weir.etcd.KeyValue;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * One Weir of a fleet, as it tells of itself.
 *
 * @param id of the instance, for the time that it lives
 * @param version of the program
 * @param started when it was
 * @param admin where its admin port is; empty when it has none
 * @param revision of the configuration that it runs; 0 when that is a copy from before etcd could be reached
 * @param outcome what came of the last configuration that it saw: {@code applied} or {@code refused}
 * @param problem why it was refused; else empty
 * @param since when that was
 */
public record Instance(
        String id,
        String host,
        long pid,
        String version,
        Instant started,
        String admin,
        long revision,
        String outcome,
        String problem,
        Instant since) {
    private static final JsonMapper JSON = JsonMapper.shared();

    Instance with(long nextRevision, String nextOutcome, String nextProblem, Instant now) {
        return new Instance(id, host, pid, version, started, admin, nextRevision, nextOutcome, nextProblem, now);
    }

    String text() {
        ObjectNode node = JSON.createObjectNode();
        node.put("host", host).put("pid", pid).put("version", version).put("started", started.toString());
        node.put("admin", admin).put("revision", revision).put("outcome", outcome);
        node.put("problem", problem).put("since", since.toString());
        return JSON.writeValueAsString(node);
    }

    /** What stands at a key; what of it cannot be read is empty, since it may be of another version. */
    static Instance of(KeyValue key) {
        String id = key.key().substring(key.key().lastIndexOf('/') + 1);
        JsonNode node;
        try {
            node = JSON.readTree(key.value());
        } catch (JacksonException unreadable) {
            node = JSON.createObjectNode();
        }
        return new Instance(
                id,
                node.path("host").asString(""),
                node.path("pid").asLong(0),
                node.path("version").asString(""),
                instant(node.path("started").asString("")),
                node.path("admin").asString(""),
                node.path("revision").asLong(0),
                node.path("outcome").asString(""),
                node.path("problem").asString(""),
                instant(node.path("since").asString("")));
    }

    private static Instant instant(String text) {
        try {
            return Instant.parse(text);
        } catch (DateTimeParseException absent) {
            return Instant.EPOCH;
        }
    }
}
