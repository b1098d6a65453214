package dev.weir;

import dev.weir.config.ConfigProblem;
import dev.weir.config.ConfigReader;
import dev.weir.config.ConfigResult;
import dev.weir.fleet.FleetAddress;
import dev.weir.fleet.FleetTool;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code weir config …}: the configuration that a fleet shares. */
@Command(
        name = "config",
        mixinStandardHelpOptions = true,
        description = "Puts the configuration of a fleet in place.",
        synopsisSubcommandLabel = "COMMAND")
final class ConfigCommand {
    private final Cli cli;
    private final PrintStream out;
    private final Map<String, String> environment;

    ConfigCommand(Cli cli, PrintStream out, Map<String, String> environment) {
        this.cli = cli;
        this.out = out;
        this.environment = environment;
    }

    @Command(
            name = "push",
            mixinStandardHelpOptions = true,
            description = {
                "Checks a file and puts it in place for all instances, which apply it within a second.",
                "Files that it names (certificates, logs) are looked for on each instance's machine."
            })
    int push(
            @Parameters(paramLabel = "FILE", description = "The configuration.") String file,
            @Option(
                            names = "--to",
                            required = true,
                            paramLabel = "ADDRESS",
                            description = "The fleet, as in etcd://host:2379/weir.")
                    String to)
            throws Cli.Misuse, StartFailure {
        FleetAddress address = FleetView.address(to);
        ConfigResult.Sound sound = cli.read(file);
        if (sound == null) {
            return Cli.FAILED;
        }
        try {
            String text = Files.readString(Path.of(file));
            if (ConfigReader.read(file, text) instanceof ConfigResult.Faulty(var problems)) {
                ConfigProblem first = problems.getFirst();
                throw new IOException("it has just become faulty: " + first.message());
            }
            FleetTool.Pushed pushed = new FleetTool(address, environment).push(text);
            out.println(
                    pushed.now() == pushed.before()
                            ? address + " has this configuration already, as revision " + pushed.now()
                            : address + " has revision " + pushed.now() + " now (" + Cli.summary(sound.config()) + ")");
            return Cli.DONE;
        } catch (IOException failure) {
            throw new StartFailure(failure);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return Cli.FAILED;
        }
    }
}
