package dev.weir.process;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.channel.epoll.Epoll;
import io.netty.channel.unix.DomainDatagramSocketAddress;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.unix.Socket;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/** The socket to which a service manager has itself told how its services are. */
final class NotifySocket implements AutoCloseable {
    static {
        Epoll.ensureAvailability();
    }

    private final Socket socket = Socket.newSocketDomainDgram();
    private final List<String> passed = new ArrayList<>();

    NotifySocket(Path path) throws IOException {
        socket.bind(new DomainSocketAddress(path.toString()));
    }

    /** An abstract one. */
    NotifySocket(String name) throws IOException {
        socket.bind(new DomainSocketAddress("\0" + name));
    }

    private @Nullable String next() throws IOException {
        ByteBuffer datagram = ByteBuffer.allocateDirect(4096);
        DomainDatagramSocketAddress from = socket.recvFromDomainSocket(datagram, 0, datagram.capacity());
        if (from == null || from.receivedAmount() <= 0) {
            return null;
        }
        byte[] text = new byte[from.receivedAmount()];
        datagram.get(0, text);
        return new String(text, UTF_8);
    }

    /** Waits for a message that has this line, and drops those before it. */
    String await(String line) {
        return Objects.requireNonNull(Awaitility.await("a message with " + line)
                .atMost(Duration.ofSeconds(20))
                .pollInterval(Duration.ofMillis(5))
                .until(
                        () -> {
                            String message = next();
                            if (message != null) {
                                passed.add(message);
                            }
                            return message;
                        },
                        message -> message != null && message.lines().anyMatch(each -> each.startsWith(line))));
    }

    /** All that came until now. */
    List<String> passed() {
        return passed;
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
