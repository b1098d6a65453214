package dev.weir;

import dev.weir.config.Address;
import dev.weir.config.ConfigProblem;
import dev.weir.config.ConfigReader;
import dev.weir.config.ConfigResult;
import dev.weir.config.PoolConfig;
import dev.weir.config.WeirConfig;
import dev.weir.fleet.FleetAddress;
import dev.weir.tls.CertificateCheck;
import java.io.PrintStream;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The command line: which command, and what is said when it fails. Every failure is one sentence on the error stream; a
 * stack trace tells a user nothing.
 */
final class Cli {
    static final int DONE = 0;
    static final int FAILED = 1;
    static final int MISUSED = 2;

    private final PrintStream out;
    private final PrintStream err;
    private final Actions actions;

    /** What commands set going. Each returns when it has ended. */
    interface Actions {
        /** {@code file}: where the configuration was read; null when it has no file. */
        void serve(WeirConfig config, @Nullable Path file) throws StartFailure;

        /** Runs what the fleet at this address runs. */
        void join(FleetAddress fleet) throws StartFailure;

        void demo(int port, Address admin) throws StartFailure;
    }

    /** The command line itself is wrong; the message is one sentence for the user. */
    static final class Misuse extends Exception {
        private static final long serialVersionUID = 1;

        Misuse(String message) {
            super(message);
        }
    }

    Cli(PrintStream out, PrintStream err, Actions actions) {
        this.out = out;
        this.err = err;
        this.actions = actions;
    }

    /** Runs one command and returns the exit code. */
    int run(String... args) {
        try {
            return dispatch(args);
        } catch (Misuse | StartFailure failure) {
            return explain(failure);
        }
    }

    /** Says in a sentence why a command failed and returns its exit code. */
    int explain(Exception failure) {
        switch (failure) {
            case Misuse misuse -> complain(String.valueOf(misuse.getMessage()));
            case AdminClient.Failed failed -> {
                failed.problems().forEach(err::println);
                complain(String.valueOf(failed.getMessage()));
            }
            case StartFailure refused -> complain(String.valueOf(refused.getMessage()));
            default -> complain("failed unexpectedly: " + failure);
        }
        return failure instanceof Misuse ? MISUSED : FAILED;
    }

    /** The two forms that start a server without options do not load the option parser: the first answer comes sooner. */
    private int dispatch(String[] args) throws Misuse, StartFailure {
        List<String> words = List.of(args);
        boolean plain = words.stream().noneMatch(word -> word.startsWith("-"));
        if (plain && words.size() == 2 && words.getFirst().equals("run")) {
            return runFile(words.get(1));
        }
        if (plain && words.size() > 1 && QuickStart.looksLikeAddress(words.getFirst())) {
            return serve(new QuickStart(words).config());
        }
        return new Commands(this, out, err).run(words);
    }

    int serve(WeirConfig config) throws StartFailure {
        actions.serve(config, null);
        return DONE;
    }

    /** {@code file}: or the address of a fleet. */
    int runFile(String file) throws Misuse, StartFailure {
        if (FleetAddress.looksLike(file)) {
            actions.join(FleetView.address(file));
            return DONE;
        }
        ConfigResult.Sound sound = read(file);
        if (sound == null) {
            return FAILED;
        }
        actions.serve(sound.config(), path(file));
        return DONE;
    }

    int demo(int port, Address admin) throws StartFailure {
        actions.demo(port, admin);
        return DONE;
    }

    /** The configuration in a file; null when it is faulty, which has then been said. */
    ConfigResult.@Nullable Sound read(String file) throws Misuse {
        return switch (ConfigReader.read(path(file))) {
            case ConfigResult.Sound sound -> {
                warn(sound.warnings());
                yield sound;
            }
            case ConfigResult.Faulty faulty -> {
                report(file, faulty.problems());
                yield null;
            }
        };
    }

    /** Whether the files that the configuration names can be used; what is wrong with them has then been said. */
    boolean filesFit(String file, ConfigResult.Sound sound) {
        CertificateCheck check = CertificateCheck.of(sound, Instant.now());
        warn(check.warnings());
        if (!check.errors().isEmpty()) {
            report(file, check.errors());
        }
        return check.errors().isEmpty();
    }

    private void warn(List<ConfigProblem> warnings) {
        warnings.forEach(warning -> complain("warning: " + warning.message()));
    }

    private static Path path(String file) throws Misuse {
        try {
            return Path.of(file);
        } catch (InvalidPathException invalid) {
            throw new Misuse("'" + file + "' is no file name");
        }
    }

    /** Problems stand at the beginning of their lines, where editors and terminals look for a place in a file. */
    private void report(String file, List<ConfigProblem> problems) {
        ConfigProblem first = problems.getFirst();
        if (first.line() == 0) {
            complain(first.message());
            return;
        }
        problems.forEach(problem -> err.println(problem.message()));
        complain(file + " has " + count(problems.size(), "problem"));
    }

    private void complain(String sentence) {
        err.println("weir: " + sentence);
    }

    /** "2 listeners, 1 pool, 7 servers". */
    static String summary(WeirConfig config) {
        int servers = config.pools().values().stream()
                .map(PoolConfig::servers)
                .mapToInt(List::size)
                .sum();
        return count(config.listeners().size(), "listener") + ", "
                + count(config.pools().size(), "pool") + ", " + count(servers, "server");
    }

    private static String count(int number, String what) {
        return number + " " + what + (number == 1 ? "" : "s");
    }
}
