package dev.weir.admin;

import dev.weir.config.ConfigReader;
import dev.weir.config.ConfigResult;
import dev.weir.config.WeirConfig;
import dev.weir.control.Control;
import dev.weir.control.Difference;
import dev.weir.control.Reloader;
import dev.weir.control.StateStore;
import dev.weir.discovery.SourceReport;
import dev.weir.health.PoolReport;
import dev.weir.observe.Activity;
import dev.weir.observe.Exposition;
import dev.weir.observe.Meters;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A Weir that consists of its configuration. */
class FakeView implements AdminView {
    final Meters meters = new Meters(1);
    final List<WeirConfig> applied = new ArrayList<>();
    final Map<String, Integer> inFlight = new HashMap<>();
    final List<String> cut = new ArrayList<>();
    final Control control;
    final Reloader reloader;
    volatile String notReady = "";
    volatile String refusal = "";
    /** Whether what was refused may have happened all the same. */
    volatile boolean unknown;

    /** Of the configuration in a text, as if it had been read from a file. */
    FakeView(String yaml, Path file) {
        this(Control.of(read(yaml)), file);
    }

    private FakeView(Control control, @Nullable Path file) {
        this.control = control;
        this.reloader = file == null ? Reloader.none(control) : Reloader.of(control, file);
        try {
            control.attach(this::apply, control.state().config());
        } catch (IOException impossible) {
            throw new AssertionError(impossible);
        }
    }

    /** Without a file. */
    FakeView(String yaml) {
        this(Control.of(read(yaml)), null);
    }

    private static WeirConfig read(String yaml) {
        return switch (ConfigReader.read("test", yaml)) {
            case ConfigResult.Sound sound -> sound.config();
            case ConfigResult.Faulty faulty -> throw new AssertionError(faulty.problems());
        };
    }

    private void apply(WeirConfig config) throws IOException {
        if (!refusal.isEmpty()) {
            IOException failure = new IOException(refusal);
            throw unknown ? new StateStore.OutcomeUnknown(failure) : failure;
        }
        applied.add(config);
    }

    @Override
    public @Nullable String notReady() {
        return notReady.isEmpty() ? null : notReady;
    }

    @Override
    public long upgrade() throws UpgradeFailed {
        if (!refusal.isEmpty()) {
            throw new UpgradeFailed(refusal);
        }
        return 77;
    }

    @Override
    public Exposition metrics(String accept) {
        if (accept.equals("broken/on-purpose")) {
            throw new IllegalStateException("broken on purpose");
        }
        return Exposition.of(meters, accept);
    }

    @Override
    public List<PoolReport> pools() {
        return List.of();
    }

    @Override
    public @Nullable PoolReport pool(String name) {
        return null;
    }

    @Override
    public List<SourceReport> sources(String pool) {
        return List.of();
    }

    @Override
    public Control control() {
        return control;
    }

    @Override
    public Reloader reloader() {
        return reloader;
    }

    @Override
    public Running running() {
        return new Running("1.0", Instant.EPOCH, List.of(":8080"));
    }

    @Override
    public Activity activity() {
        return meters.activity();
    }

    @Override
    public int inFlight(String pool, String server) {
        return inFlight.getOrDefault(pool + "/" + server, 0);
    }

    @Override
    public Difference.Load load() {
        return this::inFlight;
    }

    @Override
    public void cut(String pool, String server) {
        cut.add(pool + "/" + server);
    }
}
