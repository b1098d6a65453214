package dev.weir;

import dev.weir.AdminClient.Failed;
import dev.weir.AdminClient.Question;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

/** {@code weir reload}, {@code plan} and {@code diff}: what a running Weir's file says, would say, and does not say. */
final class ChangeCommands {
    private ChangeCommands() {}

    /** Reads the file anew. */
    @Command(
            name = "reload",
            mixinStandardHelpOptions = true,
            description = "Has a Weir that runs read its file anew and apply what is different.")
    static final class Reload implements Callable<Integer> {
        private final PrintStream out;

        @Mixin
        private AdminOptions admin = new AdminOptions();

        Reload(PrintStream out) {
            this.out = out;
        }

        @Override
        public Integer call() throws Cli.Misuse, Failed {
            try (AdminClient client = admin.client()) {
                JsonNode answer = client.ask(Question.of("POST", "/v1/reload"));
                if (admin.json()) {
                    out.println(answer.toPrettyString());
                } else {
                    print(out, answer.path("changes"), "nothing has changed");
                }
            }
            return Cli.DONE;
        }
    }

    /** What another file would change. */
    @Command(
            name = "plan",
            mixinStandardHelpOptions = true,
            description =
                    "Says what a file would change of a Weir that runs, and whom that would touch; changes nothing.")
    static final class Plan implements Callable<Integer> {
        private final PrintStream out;

        @Mixin
        private AdminOptions admin = new AdminOptions();

        @Parameters(paramLabel = "FILE", description = "The configuration.")
        private String file = "";

        Plan(PrintStream out) {
            this.out = out;
        }

        @Override
        public Integer call() throws Cli.Misuse, Failed {
            String text = read(file);
            try (AdminClient client = admin.client()) {
                String path = "/v1/plan?name=" + AdminClient.encoded(file);
                JsonNode answer = client.ask(Question.yaml("POST", path, text));
                if (admin.json()) {
                    out.println(answer.toPrettyString());
                    return Cli.DONE;
                }
                answer.path("warnings").forEach(warning -> out.println("warning: " + warning.asString()));
                print(out, answer.path("changes"), "nothing would change");
            }
            return Cli.DONE;
        }

        private static String read(String file) throws Failed {
            try {
                return Files.readString(Path.of(file));
            } catch (NoSuchFileException missing) {
                throw new Failed(file + ": there is no such file");
            } catch (IOException failure) {
                throw new Failed(file + " cannot be read: " + failure.getMessage());
            }
        }
    }

    /** How what holds differs from the file. */
    @Command(
            name = "diff",
            mixinStandardHelpOptions = true,
            description = "Says how a Weir that runs differs from its file: by the admin API, and by discovery.")
    static final class Diff implements Callable<Integer> {
        private final PrintStream out;

        @Mixin
        private AdminOptions admin = new AdminOptions();

        @Option(names = "--forget", description = "Forget all changes made by the admin API.")
        private boolean forget;

        Diff(PrintStream out) {
            this.out = out;
        }

        @Override
        public Integer call() throws Cli.Misuse, Failed {
            try (AdminClient client = admin.client()) {
                if (forget) {
                    client.ask(Question.of("DELETE", "/v1/diff"));
                }
                JsonNode answer = client.get("/v1/diff");
                if (admin.json()) {
                    out.println(answer.toPrettyString());
                } else {
                    print(answer);
                }
            }
            return Cli.DONE;
        }

        private void print(JsonNode diff) {
            if (diff.path("changes").isEmpty()
                    && diff.path("idle").isEmpty()
                    && diff.path("restart").isEmpty()) {
                out.println("no difference");
                return;
            }
            for (JsonNode each : diff.path("changes")) {
                String line = each.path("text").asString();
                int touched = line.lastIndexOf("; "); // it holds already: whom it touched is over
                out.println((touched < 0 ? line : line.substring(0, touched)) + "  ["
                        + each.path("by").asString() + "]");
            }
            diff.path("idle")
                    .forEach(each -> out.println("idle: " + each.path("what").asString() + ": "
                            + each.path("why").asString()));
            diff.path("restart").forEach(each -> out.println(each.path("text").asString()));
            if (!diff.path("durable").asBoolean(true)) {
                out.println("(changes by the admin API end with the process: there is no state file)");
            }
        }
    }

    private static void print(PrintStream out, JsonNode changes, String nothing) {
        if (changes.isEmpty()) {
            out.println(nothing);
        }
        changes.forEach(change -> out.println(change.path("text").asString()));
    }
}
