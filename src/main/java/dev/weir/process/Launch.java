package dev.weir.process;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How this process was started, so that another can be started in the same way: the same words, in the same directory.
 * What is at the place of the launcher, or of the jar, by then is what is started.
 */
public record Launch(List<String> command) {
    /** The property in which the launcher says where it is, by the name that it was called by. */
    static final String LAUNCHER = "weir.launcher";

    private static final Path COMMAND_LINE = Path.of("/proc/self/cmdline");

    public Launch {
        command = List.copyOf(command);
    }

    /**
     * How this process was started, with these arguments.
     *
     * @throws IOException where the system does not tell
     */
    public static Launch ofThisProcess(List<String> arguments) throws IOException {
        @Nullable String launcher = System.getProperty(LAUNCHER);
        if (launcher == null) {
            return of(Files.readString(COMMAND_LINE, UTF_8));
        }
        List<String> command = new ArrayList<>();
        command.add(launcher);
        command.addAll(arguments);
        return new Launch(command);
    }

    /** @param line words that each end with a zero */
    static Launch of(String line) {
        return new Launch(List.of(line.split("\0", -1))
                .subList(0, line.length() - line.replace("\0", "").length()));
    }
}
