package dev.weir.control;

import dev.weir.config.ConfigReader;
import dev.weir.config.SteadyFile;
import java.nio.file.Path;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has the running Weir follow its file without being told: the file is looked at twice a second, and what it holds is
 * taken when two looks have seen the same. Looking works where events do not: through links that are swapped, as those of
 * mounted volumes are, and over network file systems.
 */
public final class FileWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(FileWatch.class);
    private static final Duration EVERY = Duration.ofMillis(500);
    private static final String BY = "the file has changed";

    private final Path path;
    private final SteadyFile file;
    private final Reloader reloader;
    private final Duration every;
    private final Thread thread = Thread.ofVirtual().name("weir-config").unstarted(this::keepLooking);
    private String unreadable = "";

    private FileWatch(Path path, Reloader reloader, Duration every) {
        this.path = path;
        this.file = new SteadyFile(path, ConfigReader.LONGEST_FILE);
        this.reloader = reloader;
        this.every = every;
    }

    /** Begins to watch the file that this follows, if there is one. */
    public static FileWatch start(Reloader reloader) {
        return start(reloader, EVERY);
    }

    static FileWatch start(Reloader reloader, Duration every) {
        Path path = reloader.file();
        FileWatch watch = new FileWatch(path == null ? Path.of("") : path, reloader, every);
        if (path != null) {
            watch.thread.start();
        }
        return watch;
    }

    private void keepLooking() {
        try {
            while (true) {
                look();
                Thread.sleep(every);
            }
        } catch (InterruptedException closed) {
            Thread.currentThread().interrupt();
        }
    }

    private void look() {
        try {
            switch (file.look()) {
                case SteadyFile.Sight.Same() -> unreadable = "";
                case SteadyFile.Sight.Changing() -> {
                    // Whoever writes it may not be done.
                }
                case SteadyFile.Sight.Steady(var content) -> {
                    unreadable = "";
                    reloader.follow(BY, path, content);
                }
                case SteadyFile.Sight.Unreadable(String why) -> {
                    if (!why.equals(unreadable)) {
                        unreadable = why;
                        reloader.unreadable(BY, path + ": " + why);
                    }
                }
            }
        } catch (RuntimeException defect) {
            LOG.error("configuration file {}: it could not be followed; please report this", path, defect);
        }
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
