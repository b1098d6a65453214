package dev.weir.control;

import dev.weir.config.ConfigProblem;
import dev.weir.config.ConfigReader;
import dev.weir.config.ConfigResult;
import dev.weir.config.WeirConfig;
import dev.weir.control.Difference.Entry;
import dev.weir.control.Difference.Load;
import dev.weir.observe.Meters;
import dev.weir.tls.CertificateCheck;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has the running Weir follow its file: reads it, checks it as {@code weir check} does, applies what is different, and
 * remembers what came of it. Whoever wants a reload calls it: a signal, the admin API, the watch on the file. Any thread
 * of the control plane; one reload after the other.
 */
public final class Reloader {
    private static final Logger LOG = LoggerFactory.getLogger(Reloader.class);
    private static final int MOST_LOGGED = 10;

    /** What came of a reload. */
    public enum Outcome {
        /** What the file says holds now. */
        APPLIED,
        /** It says what held already. */
        UNCHANGED,
        /** It is faulty, or cannot be applied; what held before goes on. */
        REFUSED;

        /** As it stands in the metric and in the admin API. */
        public String id() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * A reload that was.
     *
     * @param by who wanted it, as in "SIGHUP"
     * @param version of what was read; empty when that was faulty
     * @param problems why it was refused, each a sentence
     * @param changes what is different now
     */
    public record Report(
            Instant time, String by, Outcome outcome, String version, List<String> problems, List<Entry> changes) {
        public Report {
            problems = List.copyOf(problems);
            changes = List.copyOf(changes);
        }
    }

    /** A configuration that was read for a look at what it would change. */
    public record Plan(List<String> problems, List<String> warnings, List<Entry> changes) {
        public Plan {
            problems = List.copyOf(problems);
            warnings = List.copyOf(warnings);
            changes = List.copyOf(changes);
        }
    }

    /**
     * What a reload has read.
     *
     * @param version of it, for people and other instances; empty for one that is made of what it says
     */
    public record Read(ConfigResult result, String version) {}

    /** Where a reload reads when it is not a file. */
    @FunctionalInterface
    public interface Source {
        Read read();
    }

    private final Control control;
    private final @Nullable Path file;
    private final @Nullable Source source;
    private final String origin;
    private final Map<Outcome, AtomicLong> counts = new EnumMap<>(Outcome.class);
    private volatile @Nullable Report last;
    private volatile Instant lastSuccess = Instant.now();

    private Reloader(Control control, @Nullable Path file, @Nullable Source source, String origin) {
        this.control = control;
        this.file = file;
        this.source = source;
        this.origin = origin;
        for (Outcome outcome : Outcome.values()) {
            counts.put(outcome, new AtomicLong());
        }
    }

    /** Follows this file. */
    public static Reloader of(Control control, Path file) {
        return new Reloader(control, file, () -> new Read(ConfigReader.read(file), version(file)), file.toString());
    }

    /** Which content the file has; empty when it cannot be read, which whoever reads the configuration is told. */
    public static String version(Path file) {
        try {
            return Digest.of(Files.readAllBytes(file));
        } catch (IOException unreadable) {
            return "";
        }
    }

    /** Follows what is not a file but stands at this address. */
    public static Reloader of(Control control, Source source, String address) {
        return new Reloader(control, null, source, address);
    }

    /** Where there is nothing to follow. */
    public static Reloader none(Control control) {
        return new Reloader(control, null, null, "");
    }

    /** What follows the file. */
    public Control control() {
        return control;
    }

    /** The file; null when there is none. */
    public @Nullable Path file() {
        return file;
    }

    /** Where the configuration comes from: the file, or the address of what is none; empty when there is nothing to follow. */
    public String origin() {
        return origin;
    }

    /** The last reload; null when there was none. */
    public @Nullable Report last() {
        return last;
    }

    /** Offers the metrics of reloads. */
    public void register(Meters meters) {
        meters.counter(
                "weir_config_reloads_total",
                "Reloads of the configuration file by what came of them",
                List.of("outcome"),
                samples -> counts.forEach((outcome, count) -> samples.add(count.get(), outcome.id())));
        meters.gauge(
                "weir_config_last_reload_success_timestamp_seconds",
                "When the configuration file was last read without a fault, in seconds since 1970",
                List.of(),
                samples -> samples.add(lastSuccess.toEpochMilli() / 1e3));
    }

    /**
     * Reads the file and applies what is different.
     *
     * @param by who wants it, for the log
     */
    public synchronized Report reload(String by) {
        Report report = source == null
                ? refused(by, List.of("Weir was started without a configuration file, so there is none to read"))
                : report(by, source.read());
        keep(report);
        return report;
    }

    /**
     * Applies what is different in what the file holds now; that nothing is makes no report, unless the last one was of a
     * fault, which is gone. Nor does a fault that the last report was of.
     *
     * @param by why, for the log
     */
    synchronized void follow(String by, Path file, ByteBuffer content) {
        byte[] bytes = new byte[content.remaining()];
        content.duplicate().get(bytes);
        Report report = report(by, new Read(ConfigReader.read(file.toString(), bytes), Digest.of(bytes)));
        if (isNews(report)) {
            keep(report);
        }
    }

    /**
     * The file cannot be read.
     *
     * @param by why it was read, for the log
     * @param problem a sentence
     */
    synchronized void unreadable(String by, String problem) {
        keep(refused(by, List.of(problem)));
    }

    private boolean isNews(Report report) {
        Report former = last;
        return switch (report.outcome()) {
            case APPLIED -> true;
            case UNCHANGED -> isRefused(former);
            case REFUSED -> former == null || !former.problems().equals(report.problems());
        };
    }

    private static boolean isRefused(@Nullable Report report) {
        return report != null && report.outcome() == Outcome.REFUSED;
    }

    private void keep(Report report) {
        log(report);
        count(report);
    }

    private Report report(String by, Read read) {
        ConfigResult result = read.result();
        List<String> problems = problems(result);
        if (!(result instanceof ConfigResult.Sound sound) || !problems.isEmpty()) {
            return refused(by, problems);
        }
        String version = read.version().isEmpty() ? Digest.of(sound.config()) : read.version();
        State former = control.state();
        if (sound.config().equals(former.base())) {
            return new Report(Instant.now(), by, Outcome.UNCHANGED, version, List.of(), List.of());
        }
        try {
            control.base(sound.config(), version);
        } catch (IOException refusal) {
            return refused(by, List.of(String.valueOf(refusal.getMessage())));
        }
        List<Entry> changes = Difference.of(former.config(), control.state().config(), Load.UNKNOWN);
        return new Report(Instant.now(), by, Outcome.APPLIED, version, List.of(), changes);
    }

    private static Report refused(String by, List<String> problems) {
        return new Report(Instant.now(), by, Outcome.REFUSED, "", problems, List.of());
    }

    private void count(Report report) {
        Objects.requireNonNull(counts.get(report.outcome())).incrementAndGet();
        last = report;
        if (report.outcome() != Outcome.REFUSED) {
            lastSuccess = report.time();
        }
    }

    private void log(Report report) {
        switch (report.outcome()) {
            case APPLIED -> {
                LOG.warn(
                        "configuration reloaded ({}): {}",
                        report.by(),
                        count(report.changes().size(), "change"));
                report.changes().stream().limit(MOST_LOGGED).forEach(change -> LOG.warn("  {}", change));
            }
            case UNCHANGED -> {
                if (isRefused(last)) {
                    LOG.warn("configuration reloaded ({}): it is sound again, and says what holds", report.by());
                } else {
                    LOG.info("configuration reloaded ({}): nothing has changed", report.by());
                }
            }
            case REFUSED -> {
                LOG.warn(
                        "configuration not reloaded ({}): {}; what held before goes on",
                        report.by(),
                        count(report.problems().size(), "problem"));
                report.problems().stream().limit(MOST_LOGGED).forEach(problem -> LOG.warn("  {}", problem));
            }
        }
    }

    private static String count(int number, String what) {
        return number + " " + what + (number == 1 ? "" : "s");
    }

    /**
     * What a configuration would change if it took the place of the file's; nothing is changed.
     *
     * @param name stands in messages where the file's name would
     */
    public Plan plan(String name, String text, Load load) {
        ConfigResult result = ConfigReader.read(name, text);
        List<String> problems = problems(result);
        if (!(result instanceof ConfigResult.Sound sound) || !problems.isEmpty()) {
            return new Plan(problems, List.of(), List.of());
        }
        State state = control.state();
        WeirConfig planned = Effective.of(sound.config(), state.overlay(), state.discovered())
                .config();
        return new Plan(List.of(), sentences(sound.warnings()), Difference.of(state.config(), planned, load));
    }

    private static List<String> problems(ConfigResult result) {
        return switch (result) {
            case ConfigResult.Faulty faulty -> sentences(faulty.problems());
            case ConfigResult.Sound sound ->
                sentences(CertificateCheck.of(sound, Instant.now()).errors());
        };
    }

    private static List<String> sentences(List<ConfigProblem> problems) {
        return problems.stream().map(ConfigProblem::message).toList();
    }
}
