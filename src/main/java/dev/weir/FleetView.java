package dev.weir;

import dev.weir.fleet.FleetAddress;
import dev.weir.fleet.FleetTool;
import dev.weir.fleet.Instance;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;

/** {@code weir status --fleet}: which instances there are, and what each runs. */
final class FleetView {
    private FleetView() {}

    /** Reads the address of a fleet as it is written on the command line. */
    static FleetAddress address(String text) throws Cli.Misuse {
        try {
            return FleetAddress.parse(text);
        } catch (IllegalArgumentException refused) {
            throw new Cli.Misuse(String.valueOf(refused.getMessage()));
        }
    }

    /** Prints the fleet at this address as a table. */
    static int print(FleetAddress address, Map<String, String> environment, PrintStream out) throws StartFailure {
        FleetTool.Overview overview;
        try {
            overview = new FleetTool(address, environment).overview();
        } catch (IOException failure) {
            throw new StartFailure(failure);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return Cli.FAILED;
        }
        out.println(
                overview.revision() == 0
                        ? "There is no configuration at " + address + "; 'weir config push' puts one there."
                        : "The configuration at " + address + " has the revision " + overview.revision() + ".");
        Table table = new Table("INSTANCE", "VERSION", "UP", "ADMIN", "REVISION", "OUTCOME", "SINCE");
        Instant now = Instant.now();
        overview.instances().forEach(each -> table.add(row(each, now)));
        table.print(out);
        overview.instances().stream()
                .filter(each -> !each.problem().isEmpty())
                .forEach(each -> out.println(each.id() + " refuses it: " + each.problem()));
        return Cli.DONE;
    }

    private static String[] row(Instance instance, Instant now) {
        return new String[] {
            instance.id(),
            instance.version(),
            ServerRows.age(Duration.between(instance.started(), now)),
            instance.admin().isEmpty() ? "-" : instance.admin(),
            Long.toString(instance.revision()),
            instance.outcome(),
            ServerRows.age(Duration.between(instance.since(), now))
        };
    }
}
