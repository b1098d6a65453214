package dev.weir;

import dev.weir.process.UpgradeSignal;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code weir upgrade}: a new process takes over from one that runs. */
@Command(
        name = "upgrade",
        mixinStandardHelpOptions = true,
        description = {
            "Has a new process take over from a Weir that runs.",
            "It is started as that one was, and what is at the place of its program and its configuration by then is"
                    + " what runs. If it does not start, the running one goes on, and the exit code is 1."
        })
final class UpgradeCommand implements Callable<Integer> {
    private final PrintStream out;

    @Mixin
    private AdminOptions admin = new AdminOptions();

    @Option(
            names = "--pid-file",
            paramLabel = "FILE",
            defaultValue = "",
            description = "The pid-file, for a Weir without an admin port; by the signal USR2.")
    private String pidFile = "";

    UpgradeCommand(PrintStream out) {
        this.out = out;
    }

    @Override
    public Integer call() throws Cli.Misuse, AdminClient.Failed {
        long pid = pidFile.isEmpty() ? byAdminPort() : bySignal();
        out.println(admin.json() ? "{\"pid\":" + pid + "}" : "process " + pid + " has taken over");
        return Cli.DONE;
    }

    private long byAdminPort() throws Cli.Misuse, AdminClient.Failed {
        try (AdminClient client = admin.client()) {
            return client.upgrade();
        }
    }

    private long bySignal() throws AdminClient.Failed {
        try {
            return UpgradeSignal.send(Path.of(pidFile));
        } catch (IOException failure) {
            throw new AdminClient.Failed(String.valueOf(failure.getMessage()));
        }
    }
}
