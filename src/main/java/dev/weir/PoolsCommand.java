package dev.weir;

import dev.weir.AdminClient.Failed;
import dev.weir.AdminClient.Question;
import dev.weir.config.ConfigJson;
import dev.weir.config.ConfigPart;
import dev.weir.config.ConfigProblem;
import dev.weir.config.PoolConfig;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** {@code weir pools …}: the pools of a Weir that runs. */
@Command(
        name = "pools",
        mixinStandardHelpOptions = true,
        description = "Shows and changes the pools of a Weir that runs.",
        synopsisSubcommandLabel = "COMMAND")
final class PoolsCommand {
    private final PrintStream out;

    PoolsCommand(PrintStream out) {
        this.out = out;
    }

    @Command(name = "list", mixinStandardHelpOptions = true, description = "Lists the pools.")
    int list(@Mixin AdminOptions admin) throws Cli.Misuse, Failed {
        try (AdminClient client = admin.client()) {
            JsonNode answer = client.get("/v1/pools");
            if (admin.json()) {
                out.println(answer.toPrettyString());
                return Cli.DONE;
            }
            Table table = new Table("POOL", "UP", "SERVERS", "PANIC");
            answer.path("pools")
                    .forEach(pool -> table.add(
                            pool.path("name").asString(),
                            Integer.toString(pool.path("up").intValue()),
                            Integer.toString(pool.path("servers").intValue()),
                            pool.path("panic").asBoolean() ? "yes" : "no"));
            table.print(out);
        }
        return Cli.DONE;
    }

    @Command(
            name = "add",
            mixinStandardHelpOptions = true,
            description = "Adds a pool, to which a route can lead then; one of this name is replaced.")
    int add(
            @Mixin AdminOptions admin,
            @Parameters(index = "0", paramLabel = "NAME", description = "What it is called.") String name,
            @Parameters(index = "1..*", paramLabel = "SERVER", arity = "0..*", description = "Its servers.")
                    List<String> servers,
            @Option(
                            names = "--config",
                            paramLabel = "FILE",
                            defaultValue = "",
                            description = "A YAML file with the keys of the pool, as they would stand below its name.")
                    String config)
            throws Cli.Misuse, Failed {
        ObjectNode content = config.isEmpty() ? JsonMapper.shared().createObjectNode() : read(config);
        if (servers != null) {
            servers.forEach(content.withArray("servers")::add);
        }
        try (AdminClient client = admin.client()) {
            JsonNode added = client.ask(Question.json("PUT", AdminClient.pool(name), content));
            int count = added.path("servers").size();
            out.println(
                    admin.json()
                            ? added.toPrettyString()
                            : "the pool " + name + " is there, with " + count + (count == 1 ? " server" : " servers"));
        }
        return Cli.DONE;
    }

    private static ObjectNode read(String file) throws Failed {
        String text;
        try {
            text = Files.readString(Path.of(file));
        } catch (IOException failure) {
            throw new Failed("--config: " + file + " cannot be read: " + failure.getMessage());
        }
        return switch (ConfigPart.read(PoolConfig.class, file, text)) {
            case ConfigPart.Result.Sound<PoolConfig>(PoolConfig pool) -> ConfigJson.brief(pool);
            case ConfigPart.Result.Faulty<PoolConfig>(List<ConfigProblem> problems) -> {
                List<String> sentences = new ArrayList<>();
                problems.forEach(problem -> sentences.add(problem.message()));
                throw new Failed(file + " describes no pool", sentences);
            }
        };
    }

    @Command(
            name = "remove",
            mixinStandardHelpOptions = true,
            description = "Removes a pool to which no route leads; requests under way finish.")
    int remove(
            @Mixin AdminOptions admin, @Parameters(paramLabel = "NAME", description = "What it is called.") String name)
            throws Cli.Misuse, Failed {
        try (AdminClient client = admin.client()) {
            JsonNode left = client.ask(Question.of("DELETE", AdminClient.pool(name)));
            int inFlight = left.path("in_flight").intValue(0);
            String rest = inFlight == 0 ? "" : "; " + inFlight + " of its requests are still under way";
            out.println(admin.json() ? left.toPrettyString() : "the pool " + name + " is gone" + rest);
        }
        return Cli.DONE;
    }
}
