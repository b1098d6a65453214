package dev.weir;

import dev.weir.AdminClient.Failed;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.databind.JsonNode;

/** {@code weir status}: the whole of a Weir that runs on one screen; on a terminal it goes on showing it. */
@Command(
        name = "status",
        mixinStandardHelpOptions = true,
        description = "Shows what a Weir that runs is doing. On a terminal, again each second until it is interrupted.")
final class StatusCommand implements Callable<Integer> {
    private static final int MOST_SERVERS = 40;
    private static final int MOST_POOLS = 40;
    /** Home, and clear to the end: rewriting without flicker. */
    private static final String HOME = "\u001b[H";

    private static final String CLEAR_LINE = "\u001b[K";
    private static final String CLEAR_REST = "\u001b[J";

    private final PrintStream out;
    private final BooleanSupplier terminal;

    @Mixin
    private AdminOptions admin = new AdminOptions();

    @Option(names = "--once", description = "Shows it once, on a terminal too.")
    private boolean once;

    @Option(
            names = "--fleet",
            paramLabel = "ADDRESS",
            defaultValue = "",
            description = "Shows the instances of this fleet instead, as in etcd://host:2379/weir.")
    private String fleet = "";

    /** {@code terminal}: whether {@code out} is one. */
    StatusCommand(PrintStream out, BooleanSupplier terminal) {
        this.out = out;
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws Cli.Misuse, Failed, StartFailure {
        if (!fleet.isEmpty()) {
            return FleetView.print(FleetView.address(fleet), System.getenv(), out);
        }
        try (AdminClient client = admin.client()) {
            if (admin.json()) {
                out.println(client.get("/v1/status").toPrettyString());
                return Cli.DONE;
            }
            client.get("/v1/status"); // rates are since the question before
            pause();
            if (once || !terminal.getAsBoolean()) {
                screen(client).forEach(out::println);
            } else {
                watch(client);
            }
        } catch (InterruptedException end) {
            Thread.currentThread().interrupt();
        }
        return Cli.DONE;
    }

    private static void pause() throws InterruptedException {
        TimeUnit.SECONDS.sleep(1);
    }

    /** A Weir that does not answer may be about to be replaced: the view goes on. */
    private void watch(AdminClient client) throws InterruptedException {
        out.print("\u001b[2J");
        while (true) {
            List<String> lines;
            try {
                lines = screen(client);
            } catch (Failed silent) {
                lines = List.of(String.valueOf(silent.getMessage()));
            }
            StringBuilder text = new StringBuilder(HOME);
            lines.forEach(line -> text.append(line).append(CLEAR_LINE).append("\n"));
            out.print(text.append(CLEAR_REST));
            out.flush();
            pause();
        }
    }

    private List<String> screen(AdminClient client) throws Failed {
        JsonNode status = client.get("/v1/status");
        List<String> lines = new ArrayList<>(summary(status));
        lines.add("");
        Table pools = new Table("POOL", "UP", "REQ/S", "FAIL/S", "REQUESTS", "FAILURES");
        List<String> names = new ArrayList<>();
        int servers = 0;
        for (JsonNode pool : status.path("pools")) {
            servers += pool.path("servers").intValue();
            names.add(pool.path("name").asString());
            if (pools.size() < MOST_POOLS) {
                add(pools, pool);
            }
        }
        lines.addAll(pools.lines());
        if (names.size() > MOST_POOLS) {
            lines.add("… and " + (names.size() - MOST_POOLS) + " more");
        }
        lines.add("");
        lines.addAll(
                servers <= MOST_SERVERS
                        ? servers(client)
                        : List.of(servers + " servers; 'weir servers list' shows them"));
        return lines;
    }

    private static void add(Table table, JsonNode pool) {
        table.add(
                pool.path("name").asString(),
                pool.path("up").intValue() + "/" + pool.path("servers").intValue()
                        + (pool.path("panic").asBoolean() ? " PANIC" : ""),
                rate(pool.path("requests_per_second")),
                rate(pool.path("failures_per_second")),
                Long.toString(pool.path("requests").longValue()),
                Long.toString(pool.path("failures").longValue()));
    }

    private static String rate(JsonNode rate) {
        return rate.isNumber() ? "%.1f".formatted(rate.doubleValue()) : "-";
    }

    private static List<String> servers(AdminClient client) throws Failed {
        Table table = ServerRows.table();
        for (AdminClient.Pool pool : client.pools()) {
            pool.content().path("servers").forEach(server -> ServerRows.add(table, pool.name(), server));
        }
        return table.lines();
    }

    private List<String> summary(JsonNode status) {
        List<String> lines = new ArrayList<>();
        String ready = status.path("ready").asBoolean()
                ? "ready"
                : "not ready: " + status.path("not_ready").asString();
        lines.add("weir " + status.path("version").asString() + " at " + admin.where() + ", process "
                + status.path("pid").longValue() + ", up "
                + ServerRows.age(
                        Duration.ofSeconds(status.path("uptime_seconds").longValue())) + ", " + ready);
        List<String> listeners = new ArrayList<>();
        status.path("listeners").forEach(each -> listeners.add(each.asString()));
        lines.add("listening on " + String.join(", ", listeners));
        lines.add(config(status.path("config")));
        JsonNode reload = status.path("last_reload");
        if (reload.isObject()) {
            String problems = reload.path("problems").isEmpty()
                    ? ""
                    : ": " + reload.path("problems").get(0).asString();
            lines.add("last reload " + ServerRows.age(reload.path("time").asString()) + " ago ("
                    + reload.path("by").asString() + "): "
                    + reload.path("outcome").asString() + problems);
        }
        lines.add("%d connections, %d of them tunnels; %d requests under way, %s a second, %s failures a second"
                .formatted(
                        status.path("connections").longValue(),
                        status.path("tunnels").longValue(),
                        status.path("in_flight").longValue(),
                        rate(status.path("requests_per_second")),
                        rate(status.path("failures_per_second"))));
        return lines;
    }

    private static String config(JsonNode config) {
        StringBuilder line = new StringBuilder("configuration ");
        String origin = config.path("origin").asString("");
        line.append(origin.isEmpty() ? "without a file" : origin);
        if (!config.path("version").asString("").isEmpty()) {
            line.append(", version ").append(config.path("version").asString());
        }
        line.append(", for ").append(ServerRows.age(config.path("since").asString()));
        int changes = config.path("changes").intValue();
        if (changes > 0) {
            line.append("; ").append(changes).append(changes == 1 ? " change by API" : " changes by API");
        }
        if (config.path("restart").asBoolean()) {
            line.append("; a change awaits a restart");
        }
        return line.toString();
    }
}
