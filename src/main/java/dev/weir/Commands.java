package dev.weir;

import dev.weir.config.Address;
import dev.weir.config.ConfigDefaults;
import dev.weir.config.ConfigPrinter;
import dev.weir.config.ConfigReference;
import dev.weir.config.ConfigResult;
import dev.weir.config.ConfigSchema;
import dev.weir.config.WeirConfig;
import java.io.Console;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeSet;
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

    /** Runs the command that these words say and returns the exit code. */
    int run(List<String> words) {
        String[] args = words.toArray(new String[0]);
        if (words.isEmpty()) {
            configured(commands()).usage(err);
            return Cli.MISUSED;
        }
        if (!QuickStart.looksLikeAddress(words.getFirst())) {
            return configured(commands()).execute(args);
        }
        QuickStart quickStart = new QuickStart();
        return configured(new CommandLine(quickStart))
                .setExecutionStrategy(parsed -> run(quickStart, parsed))
                .execute(args);
    }

    private CommandLine commands() {
        return new CommandLine(this)
                .addSubcommand(new StatusCommand(out, Commands::isTerminal))
                .addSubcommand(new ServersCommand(out))
                .addSubcommand(new PoolsCommand(out))
                .addSubcommand(new RoutesCommand(out))
                .addSubcommand(new ChangeCommands.Reload(out))
                .addSubcommand(new ChangeCommands.Plan(out))
                .addSubcommand(new ChangeCommands.Diff(out))
                .addSubcommand(new UpgradeCommand(out))
                .addSubcommand(new ConfigCommand(cli, out, System.getenv()));
    }

    private static boolean isTerminal() {
        return Optional.ofNullable(System.console()).map(Console::isTerminal).orElse(false);
    }

    private int run(QuickStart quickStart, CommandLine.ParseResult parsed) {
        if (CommandLine.printHelpIfRequested(parsed)) {
            return Cli.DONE;
        }
        try {
            return cli.serve(quickStart.config());
        } catch (Cli.Misuse | StartFailure failure) {
            return cli.explain(failure);
        }
    }

    private CommandLine configured(CommandLine line) {
        line.getCommandSpec().version(versionLine());
        return line.setOut(new PrintWriter(out, true, out.charset()))
                .setErr(new PrintWriter(err, true, err.charset()))
                .setUsageHelpWidth(100)
                .setParameterExceptionHandler((problem, _) -> cli.explain(new Cli.Misuse(sentence(problem))))
                .setExecutionExceptionHandler((failure, _, _) -> cli.explain(failure));
    }

    private static String sentence(CommandLine.ParameterException problem) {
        if (problem instanceof CommandLine.UnmatchedArgumentException unmatched) {
            return unmatched(unmatched);
        }
        CommandLine said = problem.getCommandLine();
        if (!said.getSubcommands().isEmpty() && said.getParent() != null) {
            return "'" + said.getCommandSpec().qualifiedName() + "' needs a word more: "
                    + String.join(", ", new TreeSet<>(said.getSubcommands().keySet()));
        }
        String message =
                String.valueOf(problem.getMessage()).lines().findFirst().orElse("");
        String text = message.endsWith(".") ? message.substring(0, message.length() - 1) : message;
        return text.substring(0, 1).toLowerCase(Locale.ROOT) + text.substring(1);
    }

    private static String unmatched(CommandLine.UnmatchedArgumentException problem) {
        String word = problem.getUnmatched().getFirst();
        String kind = word.startsWith("-") ? "option" : "command";
        CommandLine said = problem.getCommandLine();
        String help = "'" + said.getCommandSpec().qualifiedName() + " --help'";
        if (said.getSubcommands().isEmpty() && kind.equals("command")) {
            return "'" + word + "' is one argument too many; " + help + " shows how it is written";
        }
        List<String> near = problem.getSuggestions();
        String hint = near.isEmpty() ? help + " lists what there is" : "did you mean '" + near.getFirst() + "'?";
        if (word.chars().allMatch(Character::isDigit)) {
            hint = "did you mean ':" + word + "'?";
        }
        return "unknown " + kind + " '" + word + "'; " + hint;
    }

    @Command(
            name = "run",
            mixinStandardHelpOptions = true,
            description = "Runs what a file describes, or what a fleet shares in etcd, until it is told to stop.")
    int runFile(
            @Parameters(
                            paramLabel = "FILE",
                            description = "The configuration, or the address of a fleet: etcd://host:2379/weir.")
                    String file)
            throws Cli.Misuse, StartFailure {
        return cli.runFile(file);
    }

    @Command(
            name = "check",
            mixinStandardHelpOptions = true,
            description = "Checks a file and says all that is wrong with it.")
    int check(
            @Parameters(paramLabel = "FILE", description = "The configuration.") String file,
            @Option(names = "--print", description = "Print it with every default spelled out.") boolean print)
            throws Cli.Misuse {
        ConfigResult.Sound sound = cli.read(file);
        if (sound == null || !cli.filesFit(file, sound)) {
            return Cli.FAILED;
        }
        WeirConfig config = sound.config();
        String verdict = file + ": ok (" + Cli.summary(config) + ")";
        if (print) {
            err.println(verdict);
            out.print(ConfigPrinter.print(config));
        } else {
            out.println(verdict);
        }
        return Cli.DONE;
    }

    @Command(
            name = "schema",
            mixinStandardHelpOptions = true,
            description = "Prints the JSON Schema of the configuration, for editors.")
    int schema(
            @Option(names = "--reference", description = "Print the reference page (Markdown) instead.")
                    boolean reference) {
        out.print(reference ? ConfigReference.page() : ConfigSchema.text());
        return Cli.DONE;
    }

    @Command(
            name = "demo",
            mixinStandardHelpOptions = true,
            description = "Runs three demonstration servers with a balancer in front.")
    int demo(
            @Option(names = "--port", paramLabel = "PORT", defaultValue = "8080", description = "Default: 8080.")
                    String port,
            @Option(
                            names = "--admin",
                            paramLabel = "ADDRESS",
                            defaultValue = "127.0.0.1:9090",
                            description = "Default: 127.0.0.1:9090.")
                    String admin)
            throws Cli.Misuse, StartFailure {
        return cli.demo(port(port), address("--admin", admin));
    }

    private static int port(String text) throws Cli.Misuse {
        boolean number = !text.isEmpty() && text.length() <= 5 && text.chars().allMatch(c -> c >= '0' && c <= '9');
        if (!number || Integer.parseInt(text) > 65535) {
            throw new Cli.Misuse("--port: found '" + text + "', expected a number from 0 to 65535");
        }
        return Integer.parseInt(text);
    }

    private static Address address(String option, String text) throws Cli.Misuse {
        try {
            return (Address) ConfigDefaults.parse(WeirConfig.AdminConfig.class, "bind", text);
        } catch (IllegalArgumentException refused) {
            throw new Cli.Misuse(option + ": " + refused.getMessage());
        }
    }

    @Command(name = "version", mixinStandardHelpOptions = true, description = "Prints the version.")
    int version() {
        out.println(versionLine());
        return Cli.DONE;
    }

    private static String versionLine() {
        return "weir " + Weir.version();
    }
}
