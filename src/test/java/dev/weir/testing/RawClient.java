package dev.weir.testing;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;

/** One end of a TCP connection in the hands of a test: bytes out, bytes in, every read bounded by a timeout. */
public final class RawClient implements AutoCloseable {
    private static final int TIMEOUT_MILLIS = 30_000;

    private final Socket socket;
    private final InputStream in;

    public RawClient(int port) throws IOException {
        this(new Socket());
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), TIMEOUT_MILLIS);
    }

    /**
     * A TLS connection to this port, after the handshake.
     *
     * @param serverName is asked for (SNI) and verified
     * @param protocols offered by ALPN; none is an offer of nothing
     */
    public static RawClient tls(int port, SSLContext context, String serverName, String... protocols)
            throws IOException {
        Socket plain = new Socket();
        plain.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), TIMEOUT_MILLIS);
        SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(plain, serverName, port, true);
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        parameters.setApplicationProtocols(protocols);
        socket.setSSLParameters(parameters);
        RawClient client = new RawClient(socket);
        socket.startHandshake();
        return client;
    }

    /** The protocol agreed on by ALPN; empty when there is none. */
    public String protocol() {
        return socket instanceof SSLSocket tls ? tls.getApplicationProtocol() : "";
    }

    /** Around an accepted socket. */
    public static RawClient of(Socket accepted) throws IOException {
        return new RawClient(accepted);
    }

    /** Around an accepted socket, or one yet to be connected. */
    RawClient(Socket socket) throws IOException {
        this.socket = socket;
        socket.setSoTimeout(TIMEOUT_MILLIS);
        socket.setTcpNoDelay(true);
        this.in = new BufferedInputStream(new Lazy());
    }

    /** The socket's stream exists only once it is connected. */
    private final class Lazy extends InputStream {
        @Override
        public int read() throws IOException {
            return socket.getInputStream().read();
        }

        @Override
        public int read(byte[] to, int offset, int length) throws IOException {
            return socket.getInputStream().read(to, offset, length);
        }
    }

    public Socket socket() {
        return socket;
    }

    /** Bytes as ISO-8859-1, written in one go. */
    public RawClient send(String text) throws IOException {
        return send(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    public RawClient send(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
        socket.getOutputStream().flush();
        return this;
    }

    /** Ends the sending side only. */
    public void sendEnd() throws IOException {
        socket.shutdownOutput();
    }

    /** Closes with a reset instead of an orderly end. */
    public void reset() throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    /** The next byte, or -1 at the end. */
    public int read() throws IOException {
        return in.read();
    }

    /** Exactly so many bytes, fewer only if the peer ends. */
    public byte[] read(int length) throws IOException {
        return in.readNBytes(length);
    }

    public String readText(int length) throws IOException {
        return new String(read(length), StandardCharsets.ISO_8859_1);
    }

    /** All up to and with the first occurrence of {@code end}; fewer only if the peer ends. */
    public String readThrough(String end) throws IOException {
        StringBuilder text = new StringBuilder();
        int next;
        while ((next = in.read()) >= 0) {
            text.append((char) next);
            if (text.length() >= end.length() && text.indexOf(end, text.length() - end.length()) >= 0) {
                break;
            }
        }
        return text.toString();
    }

    /** A head with its empty line; empty when the peer ended instead. */
    public String readHead() throws IOException {
        return readThrough("\r\n\r\n");
    }

    /** A head and its content, as far as Content-Length or chunked framing says where it ends; else all to the end. */
    public Message readMessage() throws IOException {
        String head = readHead();
        if (head.startsWith("HTTP/1.1 204 ") || head.startsWith("HTTP/1.1 304 ")) {
            return new Message(head, "");
        }
        String length = header(head, "content-length");
        if (length != null) {
            return new Message(head, readText(Integer.parseInt(length)));
        }
        if ("chunked".equalsIgnoreCase(header(head, "transfer-encoding"))) {
            return new Message(head, readChunks());
        }
        return new Message(head, head.startsWith("HTTP/") ? readToEnd() : "");
    }

    private String readChunks() throws IOException {
        StringBuilder content = new StringBuilder();
        while (true) {
            String line = readThrough("\r\n").trim();
            int size = Integer.parseInt(line.split(";", 2)[0].trim(), 16);
            if (size == 0) {
                break;
            }
            content.append(readText(size));
            readThrough("\r\n");
        }
        while (!readThrough("\r\n").equals("\r\n")) {
            // Trailers are left to tests that read them raw.
        }
        return content.toString();
    }

    /** All that comes until the peer ends its side; a reset counts as the end. */
    public String readToEnd() throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        byte[] buffer = new byte[16384];
        try {
            int count;
            while ((count = in.read(buffer)) > 0) {
                all.write(buffer, 0, count);
            }
        } catch (java.net.SocketException reset) {
            return all.toString(StandardCharsets.ISO_8859_1);
        }
        return all.toString(StandardCharsets.ISO_8859_1);
    }

    /** Waits for the peer's end and says how it came: true for an orderly end, false for a reset; content is dropped. */
    public boolean endsOrderly() throws IOException {
        try {
            while (in.read(new byte[16384]) > 0) {
                // Only the end matters.
            }
            return true;
        } catch (java.net.SocketTimeoutException open) {
            throw open;
        } catch (java.net.SocketException reset) {
            return false;
        }
    }

    /** The value of the first such header line of a head, or null. */
    public static @org.jspecify.annotations.Nullable String header(String head, String name) {
        return head.lines()
                .skip(1)
                .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(name.toLowerCase(Locale.ROOT) + ":"))
                .map(line -> line.substring(name.length() + 1).trim())
                .findFirst()
                .orElse(null);
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }

    /** A head, with its empty line, and its content without framing. */
    public record Message(String head, String content) {
        public int status() {
            return Integer.parseInt(head.split(" ", 3)[1]);
        }

        public @org.jspecify.annotations.Nullable String header(String name) {
            return RawClient.header(head, name);
        }
    }
}
