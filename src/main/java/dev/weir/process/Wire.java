package dev.weir.process;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.unix.Socket;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the old and the new process say to each other over a unix domain socket: messages, each a tag and bytes, and
 * descriptors (SCM_RIGHTS). Blocks, by looking every few milliseconds: the sockets of Netty, which alone can pass
 * descriptors, do not wait. For one thread at a time. Linux.
 */
final class Wire implements AutoCloseable {
    /** The version of what is said. */
    static final byte VERSION = 1;

    /** The new process asks, with its version and its number. */
    static final byte HELLO = 1;
    /** The old one passes what it has; descriptors follow. */
    static final byte STATE = 2;
    /** The old one does not: a sentence says why. */
    static final byte REFUSED = 3;
    /** The new one has started and could accept. */
    static final byte READY = 4;
    /** The old one will not go back: the new one may accept. */
    static final byte TAKE_OVER = 5;
    /** The new one accepts. */
    static final byte ACCEPTING = 6;

    private static final Logger LOG = LoggerFactory.getLogger(Wire.class);
    private static final int LONGEST = 64 << 20;
    private static final int CHUNK = 8192;
    private static final int HEAD = 5;
    private static final long LOOK_MILLIS = 2;

    private final Socket socket;
    private final BooleanSupplier otherLives;
    private long deadline;

    /** What the other process says. */
    static final class Message {
        final byte tag;
        final byte[] content;

        private Message(byte tag, byte[] content) {
            this.tag = tag;
            this.content = content;
        }

        String text() {
            return new String(content, UTF_8);
        }
    }

    private Wire(Socket socket, BooleanSupplier otherLives) {
        this.socket = socket;
        this.otherLives = otherLives;
    }

    /** A socket at which the other process is expected. */
    static final class Meeting implements AutoCloseable {
        private final Socket listening = Socket.newSocketDomain();

        Meeting(Path path) throws IOException {
            try {
                listening.bind(new DomainSocketAddress(path.toString()));
                listening.listen(1);
            } catch (IOException failure) {
                listening.close();
                throw failure;
            }
        }

        /**
         * Waits for the other process.
         *
         * @param lives whether there is any use in waiting
         * @throws IOException when it does not come in time, or ends
         */
        Wire await(Duration longest, BooleanSupplier lives) throws IOException {
            long end = System.nanoTime() + longest.toNanos();
            byte[] peer = new byte[26];
            int descriptor;
            while ((descriptor = listening.accept(peer)) < 0) {
                pause(end, lives);
            }
            Wire wire = new Wire(new Socket(descriptor), lives);
            wire.deadline = end;
            return wire;
        }

        @Override
        public void close() throws IOException {
            listening.close();
        }
    }

    /** The other end of a {@link Meeting}. */
    static Wire to(Path path) throws IOException {
        Socket socket = Socket.newSocketDomain();
        try {
            socket.connect(new DomainSocketAddress(path.toString()));
        } catch (IOException failure) {
            socket.close();
            throw failure;
        }
        return new Wire(socket, () -> true);
    }

    /** From now on nothing is waited for longer than this. */
    void within(Duration longest) {
        deadline = System.nanoTime() + longest.toNanos();
    }

    private static void pause(long end, BooleanSupplier lives) throws IOException {
        if (end - System.nanoTime() < 0) {
            throw new IOException("it took too long");
        }
        if (!lives.getAsBoolean()) {
            throw new EOFException("it ended");
        }
        try {
            TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", stopping);
        }
    }

    private void pause() throws IOException {
        pause(deadline, otherLives);
    }

    void send(byte tag, byte[] content) throws IOException {
        ByteBuffer message = ByteBuffer.allocateDirect(HEAD + content.length);
        message.put(tag).putInt(content.length).put(content).flip();
        int sent = 0;
        while (sent < message.limit()) {
            int count = socket.send(message, sent, message.limit());
            if (count > 0) {
                sent += count;
            } else {
                pause();
            }
        }
    }

    /** A message that is expected to have this tag. */
    Message receive(byte tag) throws IOException {
        Message message = next();
        if (message.tag == tag) {
            return message;
        }
        throw new IOException(
                message.tag == REFUSED ? message.text() : "it said " + message.tag + " when " + tag + " was expected");
    }

    private Message next() throws IOException {
        ByteBuffer head = ByteBuffer.wrap(receiveBytes(HEAD));
        byte tag = head.get();
        int length = head.getInt();
        if (length < 0 || length > LONGEST) {
            throw new IOException("it said something of " + length + " bytes");
        }
        return new Message(tag, receiveBytes(length));
    }

    private byte[] receiveBytes(int length) throws IOException {
        byte[] bytes = new byte[length];
        ByteBuffer chunk = ByteBuffer.allocateDirect(Math.min(CHUNK, Math.max(1, length)));
        int received = 0;
        while (received < length) {
            int count = socket.recv(chunk, 0, Math.min(chunk.capacity(), length - received));
            if (count < 0) {
                throw new EOFException("it ended");
            }
            if (count == 0) {
                pause();
            }
            chunk.get(0, bytes, received, count);
            received += count;
        }
        return bytes;
    }

    void sendDescriptor(int descriptor) throws IOException {
        while (socket.sendFd(descriptor) < 0) {
            pause();
        }
    }

    int receiveDescriptor() throws IOException {
        int descriptor;
        while ((descriptor = socket.recvFd()) <= 0) {
            if (descriptor < 0) {
                throw new EOFException("it ended");
            }
            pause();
        }
        return descriptor;
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException closed) {
            LOG.debug("it was closed already", closed);
        }
    }
}
