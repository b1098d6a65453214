package dev.weir;

import dev.weir.config.Address;
import dev.weir.config.ConfigDefaults;
import dev.weir.config.ConfigPrinter;
import dev.weir.config.ConfigReference;
import dev.weir.config.ConfigSchema;
import dev.weir.config.WeirConfig;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The commands with their options, as picocli sees them. */
@Command(
        name = "weir",
        mixinStandardHelpOptions = true,
        synopsisHeading = "",
        customSynopsis = {
            "Usage: weir run FILE",
            "       weir LISTEN SERVER... [OPTION...]     as in: weir :8080 localhost:9001 localhost:9002",
            "       weir COMMAND [ARGUMENT...]"
        },
        description = {"", "A load balancer for HTTP.", ""},
        commandListHeading = "Commands:%n",
        footer = {"", "'weir help COMMAND' tells more, 'weir :8080 --help' the options of the short form."},
        subcommands = CommandLine.HelpCommand.class)
final class Commands {
    private final Cli cli;
    private final PrintStream out;
    private final PrintStream err;

    Commands(Cli cli, PrintStream out, PrintStream err) {
        this.cli = cli;
        this.out = out;
        this.err = err;
    }

    /** Runs the command that these words say. */
    int run(List<String> words) throws Cli.Misuse, StartFailure {
        if (words.isEmpty()) {
            configured(new CommandLine(this)).usage(err);
            return Cli.MISUSED;
        }
        return QuickStart.looksLikeAddress(words.getFirst()) ? quickStart(words) : command(words);
    }

    private int quickStart(List<String> words) throws Cli.Misuse, StartFailure {
        QuickStart quickStart = new QuickStart();
        CommandLine line = configured(new CommandLine(quickStart));
        line.setExecutionStrategy(parsed -> {
            if (CommandLine.printHelpIfRequested(parsed)) {
                return Cli.DONE;
            }
            try {
                return cli.serve(quickStart.config());
            } catch (Cli.Misuse | StartFailure failure) {
                throw new CommandLine.ExecutionException(line, "", failure);
            }
        });
        return execute(line, words);
    }

    private int command(List<String> words) throws Cli.Misuse, StartFailure {
        CommandLine line = configured(new CommandLine(this));
        return execute(line, words);
    }

    private CommandLine configured(CommandLine line) {
        line.getCommandSpec().version(versionLine());
        return line.setOut(new PrintWriter(out, true, out.charset()))
                .setErr(new PrintWriter(err, true, err.charset()))
                .setUsageHelpWidth(100)
                .setParameterExceptionHandler((problem, _) -> {
                    throw new CommandLine.ExecutionException(line, "", new Cli.Misuse(sentence(problem)));
                })
                .setExecutionExceptionHandler((failure, _, _) -> {
                    throw failure;
                });
    }

    private static int execute(CommandLine line, List<String> words) throws Cli.Misuse, StartFailure {
        try {
            return line.execute(words.toArray(new String[0]));
        } catch (CommandLine.ExecutionException failure) {
            switch (failure.getCause()) {
                case Cli.Misuse misuse -> throw misuse;
                case StartFailure refused -> throw refused;
                case null, default -> throw failure;
            }
        }
    }

    private static String sentence(CommandLine.ParameterException problem) {
        if (problem instanceof CommandLine.UnmatchedArgumentException unmatched) {
            return unmatched(unmatched);
        }
        String message =
                String.valueOf(problem.getMessage()).lines().findFirst().orElse("");
        return message.substring(0, 1).toLowerCase(Locale.ROOT) + message.substring(1);
    }

    private static String unmatched(CommandLine.UnmatchedArgumentException problem) {
        String word = problem.getUnmatched().getFirst();
        String kind = word.startsWith("-") ? "option" : "command";
        if (problem.getCommandLine().getParent() != null && kind.equals("command")) {
            return "'" + word + "' is one argument too many";
        }
        List<String> near = problem.getSuggestions();
        String hint = near.isEmpty() ? "'weir help' lists what there is" : "did you mean '" + near.getFirst() + "'?";
        if (word.chars().allMatch(Character::isDigit)) {
            hint = "did you mean ':" + word + "'?";
        }
        return "unknown " + kind + " '" + word + "'; " + hint;
    }

    @Command(name = "run", description = "Runs what a file describes, until it is told to stop.")
    int runFile(@Parameters(paramLabel = "FILE", description = "The configuration.") String file)
            throws Cli.Misuse, StartFailure {
        return cli.runFile(file);
    }

    @Command(name = "check", description = "Checks a file and says all that is wrong with it.")
    int check(
            @Parameters(paramLabel = "FILE", description = "The configuration.") String file,
            @Option(names = "--print", description = "Print it with every default spelled out.") boolean print)
            throws Cli.Misuse {
        WeirConfig config = cli.read(file);
        if (config == null) {
            return Cli.FAILED;
        }
        String verdict = file + ": ok (" + Cli.summary(config) + ")";
        if (print) {
            err.println(verdict);
            out.print(ConfigPrinter.print(config));
        } else {
            out.println(verdict);
        }
        return Cli.DONE;
    }

    @Command(name = "schema", description = "Prints the JSON Schema of the configuration, for editors.")
    int schema(
            @Option(names = "--reference", description = "Print the reference page (Markdown) instead.")
                    boolean reference) {
        out.print(reference ? ConfigReference.page() : ConfigSchema.text());
        return Cli.DONE;
    }

    @Command(name = "demo", description = "Runs three demonstration servers with a balancer in front.")
    int demo(
            @Option(names = "--port", paramLabel = "PORT", defaultValue = "8080", description = "Default: 8080.")
                    int port,
            @Option(
                            names = "--admin",
                            paramLabel = "ADDRESS",
                            defaultValue = "127.0.0.1:9090",
                            description = "Default: 127.0.0.1:9090.")
                    String admin)
            throws Cli.Misuse, StartFailure {
        if (port < 0 || port > 65535) {
            throw new Cli.Misuse("--port: found '" + port + "', expected a number from 0 to 65535");
        }
        try {
            return cli.demo(port, (Address) ConfigDefaults.parse(WeirConfig.AdminConfig.class, "bind", admin));
        } catch (IllegalArgumentException refused) {
            throw new Cli.Misuse("--admin: " + refused.getMessage());
        }
    }

    @Command(name = "version", description = "Prints the version.")
    int version() {
        out.println(versionLine());
        return Cli.DONE;
    }

    private static String versionLine() {
        String version = Commands.class.getPackage().getImplementationVersion();
        return "weir " + (version == null ? "(built from source)" : version);
    }
}
