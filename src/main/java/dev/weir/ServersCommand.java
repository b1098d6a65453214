package dev.weir;

import dev.weir.AdminClient.Failed;
import dev.weir.AdminClient.Question;
import dev.weir.config.Address;
import dev.weir.config.ConfigDefaults;
import dev.weir.config.PoolConfig;
import java.io.PrintStream;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** {@code weir servers …}: the servers of a Weir that runs. */
@Command(
        name = "servers",
        mixinStandardHelpOptions = true,
        description = "Shows and changes the servers of a Weir that runs.",
        synopsisSubcommandLabel = "COMMAND")
final class ServersCommand {
    private final PrintStream out;

    ServersCommand(PrintStream out) {
        this.out = out;
    }

    /** One server, named as the list has it. */
    static final class Named {
        @Parameters(paramLabel = "SERVER", description = "Its address, as the list has it.")
        private String server = "";

        @Option(names = "--pool", paramLabel = "NAME", defaultValue = "", description = "The server's pool.")
        private String pool = "";
    }

    @Command(
            name = "list",
            mixinStandardHelpOptions = true,
            description = "Lists the servers with their state and why they are in it.")
    int list(
            @Mixin AdminOptions admin,
            @Option(names = "--pool", paramLabel = "NAME", defaultValue = "", description = "Only this pool.")
                    String pool)
            throws Cli.Misuse, Failed {
        try (AdminClient client = admin.client()) {
            List<AdminClient.Pool> pools = pools(client, pool);
            if (admin.json()) {
                ObjectNode all = JsonMapper.shared().createObjectNode();
                pools.forEach(each -> all.set(each.name(), each.content().path("servers")));
                out.println(all.toPrettyString());
                return Cli.DONE;
            }
            Table table = ServerRows.table();
            pools.forEach(each ->
                    each.content().path("servers").forEach(server -> ServerRows.add(table, each.name(), server)));
            table.print(out);
            for (AdminClient.Pool each : pools) {
                if (each.content().path("panic").asBoolean(false)) {
                    out.println("Pool " + each.name()
                            + " is in panic: so few servers are up that requests go to servers that are not.");
                }
            }
        }
        return Cli.DONE;
    }

    @Command(
            name = "add",
            mixinStandardHelpOptions = true,
            description = "Adds a server; it gets requests when its first check has passed.")
    int add(
            @Mixin AdminOptions admin,
            @Parameters(paramLabel = "SERVER", description = "host:port, [::1]:80 or unix:/path.") String server,
            @Option(names = "--pool", paramLabel = "NAME", defaultValue = "", description = "To which pool.")
                    String pool,
            @Option(names = "--weight", paramLabel = "N", defaultValue = "", description = "0 to 256. Default: 1.")
                    String weight,
            @Option(
                            names = "--max-requests",
                            paramLabel = "N",
                            defaultValue = "",
                            description = "The most requests at once. Default: off.")
                    String maxRequests,
            @Option(names = "--backup", description = "Only while no other server is up.") boolean backup)
            throws Cli.Misuse, Failed {
        ObjectNode content = JsonMapper.shared().createObjectNode();
        content.put("address", address(server));
        put(content, "weight", weight);
        put(content, "max-requests", maxRequests);
        if (backup) {
            content.put("backup", true);
        }
        try (AdminClient client = admin.client()) {
            String in = pool.isEmpty() ? onlyPool(client) : pool;
            JsonNode added = client.ask(Question.json("POST", AdminClient.pool(in) + "/servers", content));
            say(admin, added, server + " is in the pool " + in + " now");
        }
        return Cli.DONE;
    }

    private static String address(String server) throws Cli.Misuse {
        try {
            return ((Address) ConfigDefaults.parse(PoolConfig.ServerConfig.class, "address", server)).toString();
        } catch (IllegalArgumentException refused) {
            throw new Cli.Misuse(server + ": " + refused.getMessage());
        }
    }

    /** Checked here already: what is wrong with an option is a misuse. */
    private static void put(ObjectNode content, String key, String value) throws Cli.Misuse {
        if (value.isEmpty()) {
            return;
        }
        try {
            int number = (Integer) ConfigDefaults.parse(PoolConfig.ServerConfig.class, key, value);
            if (value.chars().allMatch(Character::isDigit)) {
                content.put(key, number);
            } else {
                content.put(key, value);
            }
        } catch (IllegalArgumentException refused) {
            throw new Cli.Misuse("--" + key + ": " + refused.getMessage());
        }
    }

    private static String onlyPool(AdminClient client) throws Failed {
        List<String> names = client.pools().stream().map(AdminClient.Pool::name).toList();
        if (names.size() != 1) {
            throw new Failed("there are the pools " + String.join(", ", names) + "; --pool says which is meant");
        }
        return names.getFirst();
    }

    @Command(
            name = "remove",
            mixinStandardHelpOptions = true,
            description = "Removes a server: it gets no new requests, those under way finish.")
    int remove(
            @Mixin AdminOptions admin,
            @Mixin Named named,
            @Option(
                            names = "--now",
                            description = "Does not wait for requests under way: they are tried elsewhere or cut.")
                    boolean now)
            throws Cli.Misuse, Failed {
        try (AdminClient client = admin.client()) {
            String pool = holder(client, named);
            String path = AdminClient.server(pool, named.server) + (now ? "?now=true" : "");
            JsonNode left = client.ask(Question.of("DELETE", path));
            int inFlight = left.path("in_flight").intValue(0);
            String rest = inFlight == 0 ? "" : "; " + inFlight + " of its requests are still under way";
            say(admin, left, named.server + " is no more in the pool " + pool + rest);
        }
        return Cli.DONE;
    }

    @Command(
            name = "drain",
            mixinStandardHelpOptions = true,
            description = "Gives the server no new requests; those under way finish. Checks go on.")
    int drain(@Mixin AdminOptions admin, @Mixin Named named) throws Cli.Misuse, Failed {
        return state(admin, named, "drain");
    }

    @Command(
            name = "maint",
            mixinStandardHelpOptions = true,
            description = "Gives the server no new requests and does not check it.")
    int maint(@Mixin AdminOptions admin, @Mixin Named named) throws Cli.Misuse, Failed {
        return state(admin, named, "maint");
    }

    @Command(
            name = "ready",
            mixinStandardHelpOptions = true,
            description = "Gives the server requests again, as its health allows.")
    int ready(@Mixin AdminOptions admin, @Mixin Named named) throws Cli.Misuse, Failed {
        return state(admin, named, "ready");
    }

    private int state(AdminOptions admin, Named named, String state) throws Cli.Misuse, Failed {
        ObjectNode content = JsonMapper.shared().createObjectNode().put("state", state);
        JsonNode changed = change(admin, named, content);
        say(admin, changed, named.server + " is " + changed.path("state").asString(state) + " now");
        return Cli.DONE;
    }

    @Command(
            name = "weight",
            mixinStandardHelpOptions = true,
            description = "Gives the server another share of the requests.")
    int weight(
            @Mixin AdminOptions admin,
            @Mixin Named named,
            @Parameters(index = "1", paramLabel = "WEIGHT", description = "0 to 256.") String weight)
            throws Cli.Misuse, Failed {
        ObjectNode content = JsonMapper.shared().createObjectNode();
        put(content, "weight", weight);
        JsonNode changed = change(admin, named, content);
        say(admin, changed, named.server + " has the weight " + weight + " now");
        return Cli.DONE;
    }

    private static JsonNode change(AdminOptions admin, Named named, ObjectNode content) throws Cli.Misuse, Failed {
        try (AdminClient client = admin.client()) {
            String path = AdminClient.server(holder(client, named), named.server);
            return client.ask(Question.json("PATCH", path, content));
        }
    }

    private void say(AdminOptions admin, JsonNode answer, String sentence) {
        out.println(admin.json() ? answer.toPrettyString() : sentence);
    }

    /** The pool that has the server. */
    private static String holder(AdminClient client, Named named) throws Failed {
        List<String> holders = pools(client, named.pool).stream()
                .filter(each -> has(each, named.server))
                .map(AdminClient.Pool::name)
                .toList();
        if (holders.isEmpty()) {
            throw new Failed("there is no server '" + named.server + "'"
                    + (named.pool.isEmpty() ? "" : " in the pool '" + named.pool + "'")
                    + "; 'weir servers list' shows them");
        }
        if (holders.size() > 1) {
            throw new Failed("the server " + named.server + " is in the pools " + String.join(", ", holders)
                    + "; --pool says which is meant");
        }
        return holders.getFirst();
    }

    private static boolean has(AdminClient.Pool pool, String server) {
        return pool.content()
                .path("servers")
                .valueStream()
                .anyMatch(each -> each.path("address").asString().equalsIgnoreCase(server));
    }

    private static List<AdminClient.Pool> pools(AdminClient client, String wanted) throws Failed {
        List<AdminClient.Pool> pools = client.pools();
        if (wanted.isEmpty()) {
            return pools;
        }
        List<AdminClient.Pool> chosen =
                pools.stream().filter(each -> each.name().equals(wanted)).toList();
        if (chosen.isEmpty()) {
            throw new Failed("there is no pool '" + wanted + "'; there is "
                    + String.join(
                            ", ", pools.stream().map(AdminClient.Pool::name).toList()));
        }
        return chosen;
    }
}
