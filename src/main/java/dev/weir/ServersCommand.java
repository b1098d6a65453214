package dev.weir;

import dev.weir.config.Address;
import dev.weir.config.ConfigDefaults;
import dev.weir.config.WeirConfig;
import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

/** {@code weir servers …}: the servers of a Weir that runs, and their state. */
@Command(
        name = "servers",
        mixinStandardHelpOptions = true,
        description = "Shows and changes the servers of a Weir that runs.",
        synopsisSubcommandLabel = "COMMAND")
final class ServersCommand {
    private static final String ADMIN = "127.0.0.1:9090";
    private static final String ADMIN_HELP = "The admin port. Default: " + ADMIN + ".";
    private static final List<String> TITLES =
            List.of("POOL", "SERVER", "STATE", "SINCE", "WEIGHT", "IN-FLIGHT", "WHY");

    private final PrintStream out;

    ServersCommand(PrintStream out) {
        this.out = out;
    }

    @Command(
            name = "list",
            mixinStandardHelpOptions = true,
            description = "Lists the servers with their state and why they are in it.")
    int list(
            @Option(names = "--admin", paramLabel = "ADDRESS", defaultValue = ADMIN, description = ADMIN_HELP)
                    String admin,
            @Option(names = "--pool", paramLabel = "NAME", defaultValue = "", description = "Only this pool.")
                    String pool)
            throws Cli.Misuse, AdminClient.Failed {
        List<List<String>> rows = new ArrayList<>(List.of(TITLES));
        List<String> panics = new ArrayList<>();
        try (AdminClient client = new AdminClient(address(admin))) {
            for (AdminClient.Pool each : pools(client, pool)) {
                each.content().path("servers").forEach(server -> rows.add(row(each.name(), server)));
                if (each.content().path("panic").booleanValue()) {
                    panics.add(each.name());
                }
            }
        }
        print(rows);
        panics.forEach(name -> out.println(
                "Pool " + name + " is in panic: so few servers are up that requests go to servers that are not."));
        return Cli.DONE;
    }

    @Command(
            name = "drain",
            mixinStandardHelpOptions = true,
            description = "Gives the server no new requests; those under way finish. Checks go on.")
    int drain(
            @Parameters(paramLabel = "SERVER", description = "Its address, as the list has it.") String server,
            @Option(names = "--admin", paramLabel = "ADDRESS", defaultValue = ADMIN, description = ADMIN_HELP)
                    String admin,
            @Option(names = "--pool", paramLabel = "NAME", defaultValue = "", description = "The server's pool.")
                    String pool)
            throws Cli.Misuse, AdminClient.Failed {
        return state(server, "drain", admin, pool);
    }

    @Command(
            name = "maint",
            mixinStandardHelpOptions = true,
            description = "Gives the server no new requests and does not check it.")
    int maint(
            @Parameters(paramLabel = "SERVER", description = "Its address, as the list has it.") String server,
            @Option(names = "--admin", paramLabel = "ADDRESS", defaultValue = ADMIN, description = ADMIN_HELP)
                    String admin,
            @Option(names = "--pool", paramLabel = "NAME", defaultValue = "", description = "The server's pool.")
                    String pool)
            throws Cli.Misuse, AdminClient.Failed {
        return state(server, "maint", admin, pool);
    }

    @Command(
            name = "ready",
            mixinStandardHelpOptions = true,
            description = "Gives the server requests again, as its health allows.")
    int ready(
            @Parameters(paramLabel = "SERVER", description = "Its address, as the list has it.") String server,
            @Option(names = "--admin", paramLabel = "ADDRESS", defaultValue = ADMIN, description = ADMIN_HELP)
                    String admin,
            @Option(names = "--pool", paramLabel = "NAME", defaultValue = "", description = "The server's pool.")
                    String pool)
            throws Cli.Misuse, AdminClient.Failed {
        return state(server, "ready", admin, pool);
    }

    private int state(String server, String state, String admin, String pool) throws Cli.Misuse, AdminClient.Failed {
        try (AdminClient client = new AdminClient(address(admin))) {
            List<String> holders = pools(client, pool).stream()
                    .filter(each -> has(each, server))
                    .map(AdminClient.Pool::name)
                    .toList();
            if (holders.isEmpty()) {
                throw new AdminClient.Failed("there is no server '" + server + "'"
                        + (pool.isEmpty() ? "" : " in the pool '" + pool + "'") + "; 'weir servers list' shows them");
            }
            if (holders.size() > 1) {
                throw new AdminClient.Failed("the server " + server + " is in the pools " + String.join(", ", holders)
                        + "; --pool says which is meant");
            }
            JsonNode changed = client.state(holders.getFirst(), server, state);
            out.println(server + " is " + changed.path("state").asString() + " now");
        }
        return Cli.DONE;
    }

    private static boolean has(AdminClient.Pool pool, String server) {
        return pool.content()
                .path("servers")
                .valueStream()
                .anyMatch(each -> each.path("address").asString().equals(server));
    }

    private static List<AdminClient.Pool> pools(AdminClient client, String wanted) throws AdminClient.Failed {
        List<AdminClient.Pool> pools = client.pools();
        if (wanted.isEmpty()) {
            return pools;
        }
        List<AdminClient.Pool> chosen =
                pools.stream().filter(each -> each.name().equals(wanted)).toList();
        if (chosen.isEmpty()) {
            throw new AdminClient.Failed("there is no pool '" + wanted + "'; there is "
                    + String.join(
                            ", ", pools.stream().map(AdminClient.Pool::name).toList()));
        }
        return chosen;
    }

    private static List<String> row(String pool, JsonNode server) {
        String state = server.path("state").asString();
        return List.of(
                pool,
                server.path("address").asString(),
                server.path("flapping").booleanValue() ? state + " (flapping)" : state,
                age(Instant.parse(server.path("since").asString())),
                weight(
                        server.path("weight").intValue(),
                        server.path("effective_weight").doubleValue()),
                server.path("in_flight").asString(),
                server.path("reason").asString() + ": "
                        + server.path("evidence").asString());
    }

    /** Of the weight, what there is of it now. */
    private static String weight(int whole, double now) {
        return now == whole ? Integer.toString(whole) : (now == 0 ? "0" : Double.toString(now)) + "/" + whole;
    }

    private static String age(Instant since) {
        Duration age = Duration.between(since, Instant.now());
        if (age.toHours() >= 48) {
            return age.toDays() + "d";
        }
        if (age.toMinutes() >= 120) {
            return age.toHours() + "h";
        }
        return age.toSeconds() >= 120 ? age.toMinutes() + "m" : Math.max(0, age.toSeconds()) + "s";
    }

    private void print(List<List<String>> rows) {
        int[] widths = new int[TITLES.size()];
        for (List<String> row : rows) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        }
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < widths.length; i++) {
                line.append(row.get(i)).repeat(' ', widths[i] + 2 - row.get(i).length());
            }
            out.println(line.toString().stripTrailing());
        }
    }

    private static Address address(String text) throws Cli.Misuse {
        try {
            return (Address) ConfigDefaults.parse(WeirConfig.AdminConfig.class, "bind", text);
        } catch (IllegalArgumentException refused) {
            throw new Cli.Misuse("--admin: " + refused.getMessage());
        }
    }
}
