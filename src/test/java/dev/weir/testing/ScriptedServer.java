package dev.weir.testing;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocket;

/**
 * A server that does what a test says, byte by byte: each connection is given to the script on a virtual thread of its
 * own, and closed when the script returns.
 */
public final class ScriptedServer implements AutoCloseable {
    /** What happens on one connection. */
    public interface Script {
        void serve(RawClient connection) throws Exception;
    }

    /** What happens on one connection that speaks HTTP/2. */
    public interface Http2Script {
        void serve(RawHttp2 connection) throws Exception;
    }

    private final ServerSocket listening;
    private final Script script;
    private final AtomicInteger accepted = new AtomicInteger();
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final List<Throwable> failures = new CopyOnWriteArrayList<>();

    private ScriptedServer(ServerSocket listening, Script script) {
        this.listening = listening;
        this.script = script;
    }

    public static ScriptedServer of(Script script) throws IOException {
        return at(Programs.freePort(), script);
    }

    /** In HTTP/2, with these settings as identifiers and values. */
    public static ScriptedServer http2(Http2Script script, int... settings) throws IOException {
        return of(connection -> script.serve(RawHttp2.server(connection, settings)));
    }

    /** At this port. */
    public static ScriptedServer at(int port, Script script) throws IOException {
        return started(new ServerSocket(port, 1024, InetAddress.getLoopbackAddress()), script);
    }

    private static ScriptedServer started(ServerSocket listening, Script script) {
        ScriptedServer server = new ScriptedServer(listening, script);
        Thread.ofVirtual().name("scripted-server").start(server::accept);
        return server;
    }

    /**
     * The same over TLS.
     *
     * @param protocols chosen from by ALPN, the first one that the client offers
     */
    public static ScriptedServer tls(SSLContext context, Script script, String... protocols) throws IOException {
        SSLServerSocket listening = (SSLServerSocket) context.getServerSocketFactory()
                .createServerSocket(Programs.freePort(), 1024, InetAddress.getLoopbackAddress());
        SSLParameters parameters = listening.getSSLParameters();
        parameters.setApplicationProtocols(protocols);
        listening.setSSLParameters(parameters);
        return started(listening, script);
    }

    /** Reads requests and answers each by this text, for as long as the client keeps the connection. */
    public static ScriptedServer answering(String response) throws IOException {
        return of(connection -> {
            while (!connection.readMessage().head().isEmpty()) {
                connection.send(response);
            }
        });
    }

    /** Answers each request by its own head and content as text, so that a test sees what the server saw. */
    public static ScriptedServer echoing() throws IOException {
        return of(ScriptedServer::echo);
    }

    /** The script of {@link #echoing}. */
    public static void echo(RawClient connection) throws IOException {
        while (true) {
            RawClient.Message request = connection.readMessage();
            if (request.head().isEmpty()) {
                return;
            }
            String seen = request.head() + request.content();
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: " + seen.length() + "\r\n\r\n"
                    + (request.head().startsWith("HEAD ") ? "" : seen));
        }
    }

    private void accept() {
        try {
            while (true) {
                Socket socket = listening.accept();
                accepted.incrementAndGet();
                open.add(socket);
                Thread.ofVirtual().start(() -> serve(socket));
            }
        } catch (IOException closed) {
            // The test is over.
        }
    }

    private void serve(Socket socket) {
        try (socket;
                RawClient connection = new RawClient(socket)) {
            script.serve(connection);
        } catch (Exception | AssertionError failure) {
            failures.add(failure);
        } finally {
            open.remove(socket);
        }
    }

    public int port() {
        return listening.getLocalPort();
    }

    public String address() {
        return "127.0.0.1:" + port();
    }

    /** Connections so far. */
    public int accepted() {
        return accepted.get();
    }

    /** Connections open now. */
    public int open() {
        return open.size();
    }

    /** What scripts threw; a peer that goes away makes a script fail too. */
    public List<Throwable> failures() {
        return failures;
    }

    /** Stops listening and closes all connections. */
    @Override
    public void close() throws IOException {
        listening.close();
        for (Socket socket : open) {
            socket.close();
        }
    }
}
