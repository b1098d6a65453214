package dev.weir;

import java.time.Duration;
import java.time.Instant;
import tools.jackson.databind.JsonNode;

/** What the API tells of a server, in the words of a table. */
final class ServerRows {
    private ServerRows() {}

    static Table table() {
        return new Table("POOL", "SERVER", "STATE", "SINCE", "WEIGHT", "IN-FLIGHT", "WHY");
    }

    static void add(Table table, String pool, JsonNode server) {
        String state = server.path("state").asString("new");
        table.add(
                pool,
                server.path("address").asString(),
                server.path("flapping").asBoolean(false) ? state + " (flapping)" : state,
                age(server.path("since").asString("")),
                weight(
                        server.path("weight").intValue(),
                        server.path("effective_weight").doubleValue(0)),
                Integer.toString(server.path("in_flight").intValue(0)),
                server.has("reason")
                        ? server.path("reason").asString() + ": "
                                + server.path("evidence").asString()
                        : "");
    }

    /** Of the weight, what there is of it now. */
    private static String weight(int whole, double now) {
        return now == whole ? Integer.toString(whole) : (now == 0 ? "0" : Double.toString(now)) + "/" + whole;
    }

    /** How long ago a time was; empty for none. */
    static String age(String since) {
        return since.isEmpty() ? "" : age(Duration.between(Instant.parse(since), Instant.now()));
    }

    static String age(Duration age) {
        if (age.toHours() >= 48) {
            return age.toDays() + "d";
        }
        if (age.toMinutes() >= 120) {
            return age.toHours() + "h";
        }
        return age.toSeconds() >= 120 ? age.toMinutes() + "m" : Math.max(0, age.toSeconds()) + "s";
    }
}
