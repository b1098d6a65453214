package dev.weir.loop;

import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/** The file of a unix domain socket that is to be bound. Blocks: for the control plane. */
public final class SocketFile {
    private SocketFile() {}

    /**
     * Makes way for a socket: a file that nobody listens on any more is left from a process that was killed.
     *
     * @throws IOException whose message says in a clause what is in the way
     */
    public static void removeStale(Path path) throws IOException {
        if (!Files.exists(path)) {
            return;
        }
        try {
            SocketChannel.open(UnixDomainSocketAddress.of(path)).close();
        } catch (ConnectException nobody) {
            Files.delete(path);
            return;
        } catch (SocketException notASocket) {
            throw new IOException("the file exists and is no socket", notASocket);
        }
        throw new IOException("another program listens there");
    }
}
