package dev.weir.admin;

import dev.weir.control.Reloader;
import dev.weir.control.State;
import dev.weir.observe.Activity;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** One page about the whole instance: which it is, what it runs by, how much goes on. */
final class StatusApi {
    /** Rates are over at least this long, so that they do not jump with each request. */
    private static final long LEAST = TimeUnit.MILLISECONDS.toNanos(900);
    /** Rates over longer say nothing about now. */
    private static final long MOST = TimeUnit.SECONDS.toNanos(30);

    private final AdminView view;
    private final PoolsApi pools;
    /** What former questions saw, the latest last. */
    private final Deque<Activity> seen = new ArrayDeque<>();

    StatusApi(AdminView view, PoolsApi pools) {
        this.view = view;
        this.pools = pools;
    }

    List<Endpoint> endpoints() {
        return List.of(new Endpoint("GET", "/v1/status", (_, _) -> status()));
    }

    private AdminResponse status() {
        Activity now = view.activity();
        Activity before = before(now);
        State state = view.control().state();
        ObjectNode answer = AdminResponse.Json.MAPPER.createObjectNode();
        identity(answer);
        config(answer.putObject("config"), state);
        Reloader.Report last = view.reloader().last();
        answer.set("last_reload", last == null ? null : ConfigApi.describe(last));
        view.running().listeners().forEach(answer.putArray("listeners")::add);
        answer.put("connections", now.connections());
        answer.put("tunnels", now.tunnels());
        answer.put("in_flight", now.inFlight());
        traffic(answer, now.all(), now.nanos(), before == null ? null : before.all(), before);
        ArrayNode summaries = pools.summaries(state);
        for (JsonNode each : summaries) {
            String name = each.path("name").asString();
            traffic((ObjectNode) each, now.pool(name), now.nanos(), before == null ? null : before.pool(name), before);
        }
        answer.set("pools", summaries);
        return AdminResponse.json(200, answer);
    }

    private void identity(ObjectNode answer) {
        AdminView.Running running = view.running();
        answer.put("version", running.version());
        answer.put("pid", ProcessHandle.current().pid());
        answer.put("started", running.started().toString());
        answer.put(
                "uptime_seconds",
                Duration.between(running.started(), Instant.now()).toSeconds());
        @Nullable String reason = view.notReady();
        answer.put("ready", reason == null);
        answer.put("not_ready", reason);
    }

    private void config(ObjectNode config, State state) {
        Path file = view.reloader().file();
        config.put("file", file == null ? null : file.toString());
        config.put("origin", view.reloader().origin());
        config.put("version", state.version());
        config.put("since", state.baseSince().toString());
        config.put("changes", state.overlay().size());
        config.put("idle_changes", state.effective().idle().size());
        config.put("durable", view.control().isDurable());
        config.put("restart", !view.control().awaitingRestart().isEmpty());
    }

    /** Rates are null when nobody has asked lately. */
    private static void traffic(
            ObjectNode node,
            Activity.Requests now,
            long nanos,
            Activity.@Nullable Requests then,
            @Nullable Activity before) {
        node.put("requests", now.all());
        node.put("failures", now.failed());
        if (then == null || before == null) {
            node.putNull("requests_per_second");
            node.putNull("failures_per_second");
            return;
        }
        double seconds = (nanos - before.nanos()) / 1e9;
        node.put("requests_per_second", rate(now.all() - then.all(), seconds));
        node.put("failures_per_second", rate(now.failed() - then.failed(), seconds));
    }

    /** Counts go back when a server leaves with its own. */
    private static double rate(long count, double seconds) {
        return Math.round(10 * Math.max(0, count) / seconds) / 10.0;
    }

    /** What is to be compared with; null for nothing. */
    private synchronized @Nullable Activity before(Activity now) {
        while (!seen.isEmpty() && now.nanos() - seen.getFirst().nanos() > MOST) {
            seen.removeFirst();
        }
        Activity latest = null;
        for (Activity each : seen) {
            latest = now.nanos() - each.nanos() >= LEAST ? each : latest;
        }
        if (seen.isEmpty() || now.nanos() - seen.getLast().nanos() >= LEAST) {
            seen.addLast(now);
        }
        return latest;
    }
}
