package dev.weir;

import dev.weir.AdminClient.Failed;
import dev.weir.AdminClient.Question;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** {@code weir routes …}: the routes of a Weir that runs. */
@Command(
        name = "routes",
        mixinStandardHelpOptions = true,
        description = "Shows and changes the routes of a Weir that runs.",
        synopsisSubcommandLabel = "COMMAND")
final class RoutesCommand {
    private static final String ROUTES = "/v1/routes";

    private final PrintStream out;

    RoutesCommand(PrintStream out) {
        this.out = out;
    }

    @Command(
            name = "list",
            mixinStandardHelpOptions = true,
            description = "Lists the routes in their order: the first that matches wins.")
    int list(@Mixin AdminOptions admin) throws Cli.Misuse, Failed {
        try (AdminClient client = admin.client()) {
            JsonNode answer = client.get(ROUTES);
            if (admin.json()) {
                out.println(answer.toPrettyString());
                return Cli.DONE;
            }
            Table table = new Table("ROUTE", "POOL", "ORIGIN", "MATCH");
            answer.path("routes")
                    .forEach(route -> table.add(
                            route.path("id").asString(),
                            route.path("pool").asString(),
                            route.path("origin").asString(),
                            match(route.path("match"))));
            table.print(out);
        }
        return Cli.DONE;
    }

    private static String match(JsonNode match) {
        List<String> parts = new ArrayList<>();
        match.properties()
                .forEach(each -> parts.add(each.getKey() + " "
                        + (each.getValue().isString() ? each.getValue().asString() : each.getValue())));
        return parts.isEmpty() ? "everything" : String.join(", ", parts);
    }

    /** What a new route matches. */
    static final class Matching {
        @Option(names = "--host", paramLabel = "HOST", defaultValue = "", description = "A name, or *.example.com.")
        private String host = "";

        @Option(names = "--path", paramLabel = "PATH", defaultValue = "", description = "/a, or /v1/*.")
        private String path = "";

        @Option(names = "--method", paramLabel = "METHOD", description = "One of these methods; may be repeated.")
        private List<String> methods = List.of();

        @Option(names = "--header", paramLabel = "NAME=VALUE", description = "A header field; may be repeated.")
        private Map<String, String> headers = Map.of();

        ObjectNode json() {
            ObjectNode match = JsonMapper.shared().createObjectNode();
            if (!host.isEmpty()) {
                match.put("host", host);
            }
            if (!path.isEmpty()) {
                match.put("path", path);
            }
            if (!methods.isEmpty()) {
                methods.forEach(match.putArray("methods")::add);
            }
            if (!headers.isEmpty()) {
                ObjectNode fields = match.putObject("headers");
                headers.forEach(fields::put);
            }
            return match;
        }
    }

    @Command(
            name = "add",
            mixinStandardHelpOptions = true,
            description = "Adds a route to a pool, in the first place or before another. It matches all that is given.")
    int add(
            @Mixin AdminOptions admin,
            @Parameters(paramLabel = "POOL", description = "The pool that answers.") String pool,
            @Mixin Matching matching,
            @Option(names = "--name", paramLabel = "NAME", defaultValue = "", description = "What it is called.")
                    String name,
            @Option(
                            names = "--before",
                            paramLabel = "ROUTE",
                            defaultValue = "",
                            description = "The route before which it stands. Default: the first.")
                    String before)
            throws Cli.Misuse, Failed {
        ObjectNode content = JsonMapper.shared().createObjectNode().put("pool", pool);
        content.set("match", matching.json());
        if (!name.isEmpty()) {
            content.put("name", name);
        }
        if (!before.isEmpty()) {
            content.put("before", before);
        }
        try (AdminClient client = admin.client()) {
            JsonNode added = client.ask(Question.json("POST", ROUTES, content));
            out.println(
                    admin.json()
                            ? added.toPrettyString()
                            : "the route " + added.path("id").asString() + " leads to the pool " + pool + " now");
        }
        return Cli.DONE;
    }

    @Command(name = "remove", mixinStandardHelpOptions = true, description = "Removes a route.")
    int remove(
            @Mixin AdminOptions admin,
            @Parameters(paramLabel = "ROUTE", description = "Its name, or what the list calls it.") String route)
            throws Cli.Misuse, Failed {
        try (AdminClient client = admin.client()) {
            JsonNode answer = client.ask(Question.of("DELETE", ROUTES + "/" + AdminClient.encoded(route)));
            out.println(admin.json() ? answer.toPrettyString() : "the route " + route + " is gone");
        }
        return Cli.DONE;
    }
}
