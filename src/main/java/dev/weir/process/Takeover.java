package dev.weir.process;

import dev.weir.process.Carried.Kind;
import io.netty.channel.epoll.Epoll;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A new process takes the place of an old one, in its own words: asks for what there is, says when it is ready, is told to
 * go ahead, says that it accepts. What it is given stays the old one's until then. The main thread; blocks.
 */
public final class Takeover implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Takeover.class);
    /** The old process knows how long it waits; this is for one that hangs. */
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private final Wire wire;
    private final List<Carried> carried;

    private Takeover(Wire wire, List<Carried> carried) {
        this.wire = wire;
        this.carried = carried;
    }

    /**
     * Meets the old process, if this one was started by one.
     *
     * @return null if it was not
     * @throws IOException with a sentence for the user
     */
    public static @Nullable Takeover of(Map<String, String> environment) throws IOException {
        String meeting = environment.get(Upgrade.MEETING);
        if (meeting == null) {
            return null;
        }
        if (!Epoll.isAvailable()) {
            throw new IOException("taking over sockets takes Linux with epoll");
        }
        try {
            Wire wire = Wire.to(Path.of(meeting));
            try {
                return new Takeover(wire, ask(wire));
            } catch (IOException failure) {
                wire.close();
                throw failure;
            }
        } catch (IOException failure) {
            throw new IOException("cannot take over from the running process: " + failure.getMessage(), failure);
        }
    }

    private static List<Carried> ask(Wire wire) throws IOException {
        wire.within(PATIENCE);
        ByteBuffer hello = ByteBuffer.allocate(1 + Long.BYTES);
        hello.put(Wire.VERSION).putLong(ProcessHandle.current().pid());
        wire.send(Wire.HELLO, hello.array());
        Wire.Message state = wire.receive(Wire.STATE);
        return Carried.read(state.content, wire::receiveDescriptor);
    }

    /** The listening sockets, that of the admin port among them. */
    public InheritedSockets sockets() throws IOException {
        InheritedSockets sockets = new InheritedSockets();
        for (Carried each : carried) {
            if (each.kind() == Kind.LISTENER) {
                sockets.add(each.descriptor(), each.name(), each.kept());
            } else if (each.kind() == Kind.ADMIN) {
                sockets.addAdmin(each.descriptor(), each.name(), each.kept());
            }
        }
        return sockets;
    }

    /** All that was passed on. */
    public List<Carried> carried() {
        return carried;
    }

    /**
     * Says that this process could accept, and returns when it may.
     *
     * @throws IOException with a sentence, when the old process does not give way
     */
    public void ready() throws IOException {
        wire.within(PATIENCE);
        try {
            wire.send(Wire.READY, new byte[0]);
            wire.receive(Wire.TAKE_OVER);
        } catch (EOFException gone) {
            LOG.warn("the process to be taken over from has ended meanwhile");
        } catch (IOException failure) {
            throw new IOException("cannot take over from the running process: " + failure.getMessage(), failure);
        }
    }

    /** Says that this process accepts: the old one ends when it has nothing more to do. */
    public void accepting() {
        carried.stream().filter(each -> each.kind() == Kind.MESSAGES).forEach(each -> writeTo(each.descriptor()));
        try {
            wire.send(Wire.ACCEPTING, new byte[0]);
        } catch (IOException gone) {
            LOG.debug("the former process does not hear that this one accepts", gone);
        }
    }

    /** Until now the old process passes on what this one writes to its standard error. */
    private static void writeTo(int descriptor) {
        try {
            Posix.duplicate(descriptor, Posix.STDERR);
        } catch (IOException failure) {
            LOG.warn("messages are lost from now on: {}", failure.getMessage());
        }
    }

    @Override
    public void close() {
        wire.close();
    }
}
