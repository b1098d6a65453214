package dev.weir.discovery;

import dev.weir.config.Address;
import dev.weir.config.ConfigReader;
import dev.weir.config.PoolConfig;
import dev.weir.config.PoolConfig.ServerConfig;
import dev.weir.config.ServersResult;
import dev.weir.config.SteadyFile;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Servers from a list in a file, which is looked at all the time. */
final class FileSource implements ServerSource {
    /** Two looks have to agree, so that a change is in use within a second. */
    private static final Duration EVERY = Duration.ofMillis(400);

    private final String file;
    private final SteadyFile steady;
    private final Supplier<PoolConfig> pool;
    private final SourceState state;
    private final Looking looking = new Looking("weir-discovery-file", this::look);
    private boolean sound;

    FileSource(String file, Supplier<PoolConfig> pool, SourceState state) {
        this.file = file;
        this.steady = new SteadyFile(Path.of(file), ConfigReader.LONGEST_FILE);
        this.pool = pool;
        this.state = state;
    }

    @Override
    public void start(Consumer<List<ServerConfig>> servers) {
        state.start(servers);
        looking.start();
    }

    private Duration look() {
        switch (steady.look()) {
            case SteadyFile.Sight.Same() -> {
                if (sound) {
                    state.found(state.servers());
                }
            }
            case SteadyFile.Sight.Changing() -> {
                // Whoever writes it may not be done.
            }
            case SteadyFile.Sight.Unreadable(String why) -> state.failed(file + ": " + why);
            case SteadyFile.Sight.Steady(ByteBuffer content) -> read(bytes(content));
        }
        return state.hasLooked() ? EVERY : EVERY.dividedBy(4);
    }

    private static byte[] bytes(ByteBuffer content) {
        byte[] bytes = new byte[content.remaining()];
        content.duplicate().get(bytes);
        return bytes;
    }

    private void read(byte[] content) {
        ServersResult result = ConfigReader.servers(file, content, pool.get());
        sound = result instanceof ServersResult.Sound;
        switch (result) {
            case ServersResult.Sound(List<ServerConfig> servers) -> state.found(servers);
            case ServersResult.Faulty faulty -> state.failed(faulty.message());
        }
    }

    @Override
    public void doubt(Address server) {
        // What the file says does not become truer by being read again.
    }

    @Override
    public SourceReport report() {
        return state.report();
    }

    @Override
    public void close() {
        state.close();
        looking.close();
    }
}
