package dev.weir;

import dev.weir.fleet.FleetAddress;
import dev.weir.fleet.FleetTool;
import dev.weir.fleet.Instance;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** {@code weir status --fleet}: which instances there are, and what each runs. */
final class FleetView {
    private static final List<String> TITLES =
            List.of("INSTANCE", "VERSION", "UP", "ADMIN", "REVISION", "OUTCOME", "SINCE");

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
        List<List<String>> rows = new ArrayList<>(List.of(TITLES));
        Instant now = Instant.now();
        overview.instances().forEach(each -> rows.add(row(each, now)));
        table(rows, out);
        overview.instances().stream()
                .filter(each -> !each.problem().isEmpty())
                .forEach(each -> out.println(each.id() + " refuses it: " + each.problem()));
        return Cli.DONE;
    }

    private static List<String> row(Instance instance, Instant now) {
        return List.of(
                instance.id(),
                instance.version(),
                age(instance.started(), now),
                instance.admin().isEmpty() ? "-" : instance.admin(),
                Long.toString(instance.revision()),
                instance.outcome(),
                age(instance.since(), now));
    }

    private static String age(Instant since, Instant now) {
        Duration age = Duration.between(since, now);
        if (age.toHours() >= 48) {
            return age.toDays() + "d";
        }
        if (age.toMinutes() >= 120) {
            return age.toHours() + "h";
        }
        return age.toSeconds() >= 120 ? age.toMinutes() + "m" : Math.max(0, age.toSeconds()) + "s";
    }

    private static void table(List<List<String>> rows, PrintStream out) {
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < row.size(); i++) {
                int column = i;
                int width = rows.stream()
                        .mapToInt(each -> each.get(column).length())
                        .max()
                        .orElse(0);
                line.append(row.get(i)).repeat(' ', width + 2 - row.get(i).length());
            }
            out.println(line.toString().stripTrailing());
        }
    }
}
