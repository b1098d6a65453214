package dev.weir;

import dev.weir.config.Address;
import dev.weir.config.WeirConfig;
import dev.weir.fleet.FleetAddress;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/** The program. */
public final class Main {
    private Main() {}

    public static void main(String[] args) {
        System.exit(run(args, System.out, System.err));
    }

    /** Does what the command line says; {@code run} and its like return when the instance has stopped. */
    static int run(String[] args, PrintStream out, PrintStream err) {
        return new Cli(out, err, new InProcess(List.of(args), out, err)).run(args);
    }

    /** Runs in this process until it is told to stop. */
    private record InProcess(List<String> arguments, PrintStream out, PrintStream err) implements Cli.Actions {
        @Override
        public void serve(WeirConfig config, @Nullable Path file) throws StartFailure {
            new Service(err, arguments).run(config, file);
        }

        @Override
        public void join(FleetAddress fleet) throws StartFailure {
            new Service(err, arguments).run(fleet);
        }

        @Override
        public void demo(int port, Address admin) throws StartFailure {
            Signals signals = Signals.heard(err);
            try (Demo demo = Demo.start(port, admin)) {
                signals.control(
                        demo.weir(),
                        () -> LoggerFactory.getLogger(Main.class)
                                .warn("SIGHUP changes nothing: the demonstration has no configuration file"));
                demo.describe(out);
                demo.weir().awaitStop();
            }
        }
    }
}
