package dev.weir.admin;

import dev.weir.config.ConfigJson;
import dev.weir.config.ConfigPrinter;
import dev.weir.control.Control;
import dev.weir.control.Difference.Entry;
import dev.weir.control.Edit;
import dev.weir.control.Effective.Idle;
import dev.weir.control.Refused;
import dev.weir.control.Reloader;
import dev.weir.control.State;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The configuration as a whole: what holds, how it differs from the file, what another file would change. */
final class ConfigApi {
    private static final int NO_FILE = 409;

    private final AdminView view;

    ConfigApi(AdminView view) {
        this.view = view;
    }

    List<Endpoint> endpoints() {
        return List.of(
                new Endpoint("GET", "/v1/config", (request, _) -> config(request)),
                new Endpoint("POST", "/v1/reload", (_, _) -> reload()),
                new Endpoint("POST", "/v1/plan", (request, _) -> plan(request)),
                new Endpoint("GET", "/v1/diff", (_, _) -> diff()),
                new Endpoint("DELETE", "/v1/diff", (_, _) -> forget()));
    }

    private AdminResponse config(AdminRequest request) {
        State state = view.control().state();
        String accept = request.field("accept");
        boolean json = accept != null && accept.contains("json") && !accept.contains("yaml");
        AdminResponse answer = json
                ? AdminResponse.json(200, ConfigJson.whole(state.config()))
                : AdminResponse.of(
                        200,
                        AdminResponse.YAML,
                        ConfigPrinter.print(state.config()).getBytes(StandardCharsets.UTF_8));
        return answer.with("ETag", Tags.of(state.config())).with("Vary", "Accept");
    }

    private AdminResponse reload() {
        Reloader reloader = view.reloader();
        if (reloader.origin().isEmpty()) {
            return AdminResponse.problem(
                    NO_FILE, "Weir was started without a configuration file, so there is none to read.");
        }
        Reloader.Report report = reloader.reload("admin API");
        if (report.outcome() == Reloader.Outcome.REFUSED) {
            return AdminResponse.problem(
                    422, "The configuration was not reloaded; what held before goes on.", report.problems());
        }
        return AdminResponse.json(200, describe(report));
    }

    static ObjectNode describe(Reloader.Report report) {
        ObjectNode node = AdminResponse.Json.MAPPER.createObjectNode();
        node.put("time", report.time().toString());
        node.put("by", report.by());
        node.put("outcome", report.outcome().id());
        node.put("version", report.version());
        report.problems().forEach(node.putArray("problems")::add);
        node.set("changes", entries(report.changes()));
        return node;
    }

    private static ArrayNode entries(List<Entry> entries) {
        ArrayNode all = AdminResponse.Json.MAPPER.createArrayNode();
        entries.forEach(entry -> add(all, entry));
        return all;
    }

    private static ObjectNode add(ArrayNode all, Entry entry) {
        return all.addObject()
                .put("change", entry.kind().name().toLowerCase(Locale.ROOT))
                .put("what", entry.what())
                .put("from", orNull(entry.from()))
                .put("to", orNull(entry.to()))
                .put("touches", entry.touches())
                .put("in_flight", entry.inFlight())
                .put("text", entry.toString());
    }

    private static @Nullable String orNull(String text) {
        return text.isEmpty() ? null : text;
    }

    private AdminResponse plan(AdminRequest request) throws Body.Unusable {
        String name = request.parameter("name");
        Reloader.Plan plan = view.reloader().plan(name.isEmpty() ? "plan" : name, Body.yaml(request), view.load());
        if (!plan.problems().isEmpty()) {
            return AdminResponse.problem(422, "With this file Weir would go on as it is.", plan.problems());
        }
        ObjectNode answer = AdminResponse.Json.MAPPER.createObjectNode();
        plan.warnings().forEach(answer.putArray("warnings")::add);
        answer.set("changes", entries(plan.changes()));
        return AdminResponse.json(200, answer);
    }

    private AdminResponse diff() {
        Control control = view.control();
        State state = control.state();
        ObjectNode answer = AdminResponse.Json.MAPPER.createObjectNode();
        answer.put("version", state.version());
        answer.put("durable", control.isDurable());
        ArrayNode changes = answer.putArray("changes");
        state.byDiscovery().forEach(entry -> add(changes, entry).put("by", "discovery"));
        state.byApi().forEach(entry -> add(changes, entry).put("by", "api"));
        ArrayNode idle = answer.putArray("idle");
        for (Idle each : state.effective().idle()) {
            idle.addObject().put("what", each.change()).put("why", each.why());
        }
        answer.set("restart", entries(control.awaitingRestart()));
        return AdminResponse.json(200, answer);
    }

    private AdminResponse forget() throws Refused, IOException {
        view.control().edit(Edit.forgetAll());
        return AdminResponse.nothing();
    }
}
