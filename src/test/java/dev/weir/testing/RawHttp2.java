package dev.weir.testing;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Exception;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * One end of an HTTP/2 connection in the hands of a test, over TCP or TLS: any frame out, right or wrong; frames in, each
 * read bounded by the {@link RawClient}'s timeout. It keeps no state that would hinder a wrong frame. What a peer must
 * answer for the connection to live (SETTINGS, PING) is answered in passing, unless {@link #silent} was said.
 */
public final class RawHttp2 implements AutoCloseable {
    public static final int DATA = 0;
    public static final int HEADERS = 1;
    public static final int PRIORITY = 2;
    public static final int RST_STREAM = 3;
    public static final int SETTINGS = 4;
    public static final int PUSH_PROMISE = 5;
    public static final int PING = 6;
    public static final int GOAWAY = 7;
    public static final int WINDOW_UPDATE = 8;
    public static final int CONTINUATION = 9;

    public static final int ACK = 0x1;
    public static final int END_STREAM = 0x1;
    public static final int END_HEADERS = 0x4;
    public static final int PADDED = 0x8;
    public static final int HAS_PRIORITY = 0x20;

    public static final String PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

    private static final int HEAD_BYTES = 9;

    private final RawClient connection;
    private final DefaultHttp2HeadersDecoder hpack = new DefaultHttp2HeadersDecoder(false);
    /** Frames that came while others were waited for. */
    private final Deque<Frame> waiting = new ArrayDeque<>();

    private boolean silent;

    private RawHttp2(RawClient connection) {
        this.connection = connection;
    }

    /** Nothing is sent yet: not even the preface. */
    public static RawHttp2 over(RawClient connection) {
        return new RawHttp2(connection);
    }

    /** The client's end: sends the preface and SETTINGS with these identifiers and values. */
    public static RawHttp2 client(RawClient connection, int... settings) throws IOException {
        connection.send(PREFACE);
        return over(connection).settings(settings);
    }

    /** The server's end, for example in a {@link ScriptedServer.Script}: reads the preface and sends SETTINGS. */
    public static RawHttp2 server(RawClient connection, int... settings) throws IOException {
        String preface = connection.readText(PREFACE.length());
        if (!preface.equals(PREFACE)) {
            throw new IOException("not the preface of HTTP/2: " + preface);
        }
        return over(connection).settings(settings);
    }

    /** From now on SETTINGS and PING are not acknowledged. */
    public RawHttp2 silent() {
        silent = true;
        return this;
    }

    public RawClient connection() {
        return connection;
    }

    // ---- out ----

    /** A frame as it is; its length is the payload's. */
    public RawHttp2 send(int type, int flags, int stream, byte[] payload) throws IOException {
        return send(payload.length, type, flags, stream, payload);
    }

    /** A frame whose length may be a lie. */
    public RawHttp2 send(int length, int type, int flags, int stream, byte[] payload) throws IOException {
        ByteBuffer frame = ByteBuffer.allocate(HEAD_BYTES + payload.length);
        frame.put((byte) (length >> 16)).putShort((short) length);
        frame.put((byte) type).put((byte) flags).putInt(stream).put(payload);
        connection.send(frame.array());
        return this;
    }

    /** HEADERS in one frame, of names and values in turn, as {@link #block} writes them. */
    public RawHttp2 headers(int stream, boolean end, String... fields) throws IOException {
        return send(HEADERS, END_HEADERS | (end ? END_STREAM : 0), stream, block(fields));
    }

    /** HEADERS of a sound request to {@code a}, with more fields behind it. */
    public RawHttp2 request(int stream, boolean end, String method, String path, String... more) throws IOException {
        List<String> fields =
                new ArrayList<>(List.of(":method", method, ":scheme", "http", ":authority", "a", ":path", path));
        fields.addAll(List.of(more));
        return headers(stream, end, fields.toArray(String[]::new));
    }

    /** Asks for a WebSocket on a stream of its own (RFC 8441). */
    public RawHttp2 webSocket(int stream, String scheme, String path, String authority, String... more)
            throws IOException {
        List<String> fields = new ArrayList<>(List.of(":method", "CONNECT", ":protocol", "websocket"));
        fields.addAll(List.of(":scheme", scheme, ":path", path, ":authority", authority));
        fields.addAll(List.of(more));
        return headers(stream, false, fields.toArray(String[]::new));
    }

    public RawHttp2 data(int stream, boolean end, String text) throws IOException {
        return send(DATA, end ? END_STREAM : 0, stream, text.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** Identifiers and values in turn. */
    public RawHttp2 settings(int... settings) throws IOException {
        ByteBuffer payload = ByteBuffer.allocate(settings.length * 3);
        for (int i = 0; i < settings.length; i += 2) {
            payload.putShort((short) settings[i]).putInt(settings[i + 1]);
        }
        return send(SETTINGS, 0, 0, payload.array());
    }

    public RawHttp2 windowUpdate(int stream, int increment) throws IOException {
        return send(WINDOW_UPDATE, 0, stream, ints(increment));
    }

    public RawHttp2 reset(int stream, int error) throws IOException {
        return send(RST_STREAM, 0, stream, ints(error));
    }

    public RawHttp2 ping(long content) throws IOException {
        return send(PING, 0, 0, ByteBuffer.allocate(Long.BYTES).putLong(content).array());
    }

    public RawHttp2 goAway(int lastStream, int error) throws IOException {
        return send(GOAWAY, 0, 0, ints(lastStream, error));
    }

    public static byte[] ints(int... values) {
        ByteBuffer bytes = ByteBuffer.allocate(values.length * Integer.BYTES);
        for (int value : values) {
            bytes.putInt(value);
        }
        return bytes.array();
    }

    /**
     * A header block (RFC 7541) of names and values in turn: all literal, without indexing or Huffman code, in this
     * order and with these bytes, whatever they are.
     */
    public static byte[] block(String... fields) {
        ByteArrayOutputStream block = new ByteArrayOutputStream();
        for (int i = 0; i < fields.length; i += 2) {
            block.write(0);
            literal(fields[i], block);
            literal(fields[i + 1], block);
        }
        return block.toByteArray();
    }

    private static void literal(String text, ByteArrayOutputStream to) {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        int rest = bytes.length;
        if (rest < 127) {
            to.write(rest);
        } else {
            to.write(127);
            for (rest -= 127; rest >= 128; rest >>= 7) {
                to.write((rest & 127) | 128);
            }
            to.write(rest);
        }
        to.writeBytes(bytes);
    }

    // ---- in ----

    /**
     * The next frame in the order of arrival; null when the peer has ended. A header block that came in several frames
     * is one of type HEADERS.
     */
    public @Nullable Frame next() throws IOException {
        Frame first = waiting.pollFirst();
        return first != null ? first : read();
    }

    /** The next such frame; others wait for their turn. */
    public Frame await(Predicate<Frame> wanted) throws IOException {
        for (Iterator<Frame> earlier = waiting.iterator(); earlier.hasNext(); ) {
            Frame frame = earlier.next();
            if (wanted.test(frame)) {
                earlier.remove();
                return frame;
            }
        }
        while (true) {
            Frame frame = read();
            if (frame == null) {
                throw new EOFException("the peer ended; there had been " + waiting);
            }
            if (wanted.test(frame)) {
                return frame;
            }
            waiting.add(frame);
        }
    }

    public Frame await(int type) throws IOException {
        return await(frame -> frame.type() == type);
    }

    /** The stream of the next HEADERS, which are still to be read: for servers, the next request. */
    public int awaitStream() throws IOException {
        Frame head = await(HEADERS);
        waiting.addFirst(head);
        return head.stream();
    }

    /** The next frame of this type on this stream. */
    public Frame await(int type, int stream) throws IOException {
        return await(frame -> frame.type() == type && frame.stream() == stream);
    }

    /** Reads to the end and returns the error code of the last GOAWAY; -1 when there was none. */
    public int readToGoAway() throws IOException {
        int error = -1;
        try {
            for (Frame frame = next(); frame != null; frame = next()) {
                if (frame.type() == GOAWAY) {
                    error = frame.intAt(Integer.BYTES);
                }
            }
        } catch (java.net.SocketException reset) {
            return error;
        }
        return error;
    }

    /**
     * The whole message on a stream, up to END_STREAM. The windows are given back as its content comes.
     *
     * @throws IOException also when the stream is reset
     */
    public Message message(int stream) throws IOException {
        List<String> head = List.of();
        List<String> trailers = List.of();
        StringBuilder content = new StringBuilder();
        while (true) {
            Frame frame = await(any -> any.stream() == stream && any.type() != WINDOW_UPDATE);
            switch (frame.type()) {
                case HEADERS -> {
                    boolean interim = !head.isEmpty() && head.getFirst().startsWith(":status: 1");
                    if (head.isEmpty() || interim) {
                        head = frame.fields();
                    } else {
                        trailers = frame.fields();
                    }
                }
                case DATA -> {
                    content.append(frame.text());
                    if (frame.payload().length > 0) {
                        answer(WINDOW_UPDATE, 0, 0, ints(frame.payload().length));
                        answer(WINDOW_UPDATE, 0, stream, ints(frame.payload().length));
                    }
                }
                case RST_STREAM -> throw new IOException("stream " + stream + " was reset: " + frame.intAt(0));
                default -> throw new IOException("unexpected on stream " + stream + ": " + frame);
            }
            if (frame.has(END_STREAM)) {
                return new Message(head, content.toString(), trailers);
            }
        }
    }

    private @Nullable Frame read() throws IOException {
        Frame frame = readFrame();
        if (frame == null) {
            return null;
        }
        if (frame.type() == HEADERS) {
            return readBlock(frame);
        }
        if (!silent && !frame.has(ACK) && (frame.type() == SETTINGS || frame.type() == PING)) {
            answer(frame.type(), ACK, 0, frame.type() == PING ? frame.payload() : new byte[0]);
        }
        return frame;
    }

    /** A peer that closes does not read it any more: that is for what it sent before to tell. */
    private void answer(int type, int flags, int stream, byte[] payload) {
        try {
            send(type, flags, stream, payload);
        } catch (IOException closed) {
            // The next read says so.
        }
    }

    private @Nullable Frame readFrame() throws IOException {
        byte[] head = connection.read(HEAD_BYTES);
        if (head.length < HEAD_BYTES) {
            return null;
        }
        ByteBuffer fields = ByteBuffer.wrap(head);
        int length = fields.getInt() >>> 8;
        int type = head[3];
        int flags = head[4] & 0xFF;
        int stream = fields.getInt(5);
        byte[] payload = connection.read(length);
        if (payload.length < length) {
            throw new EOFException("the peer ended within a frame of type " + type);
        }
        return new Frame(type, flags, stream, payload, List.of());
    }

    private Frame readBlock(Frame first) throws IOException {
        ByteArrayOutputStream block = new ByteArrayOutputStream();
        int padding = first.has(PADDED) ? first.payload()[0] & 0xFF : 0;
        int from = (first.has(PADDED) ? 1 : 0) + (first.has(HAS_PRIORITY) ? 5 : 0);
        block.write(first.payload(), from, first.payload().length - from - padding);
        Frame last = first;
        while (!last.has(END_HEADERS)) {
            last = readFrame();
            if (last == null || last.type() != CONTINUATION) {
                throw new IOException("not a CONTINUATION: " + last);
            }
            block.writeBytes(last.payload());
        }
        byte[] all = block.toByteArray();
        return new Frame(HEADERS, first.flags() | END_HEADERS, first.stream(), all, decode(first.stream(), all));
    }

    private List<String> decode(int stream, byte[] block) throws IOException {
        ByteBuf in = Unpooled.wrappedBuffer(block);
        try {
            List<String> lines = new ArrayList<>();
            for (Map.Entry<CharSequence, CharSequence> field : hpack.decodeHeaders(stream, in)) {
                lines.add(field.getKey() + ": " + field.getValue());
            }
            return List.copyOf(lines);
        } catch (Http2Exception malformed) {
            throw new IOException(malformed);
        } finally {
            in.release();
        }
    }

    @Override
    public void close() throws IOException {
        connection.close();
    }

    /** A frame that came. */
    public static final class Frame {
        private final int type;
        private final int flags;
        private final int stream;
        private final byte[] payload;
        private final List<String> fields;

        private Frame(int type, int flags, int stream, byte[] payload, List<String> fields) {
            this.type = type;
            this.flags = flags;
            this.stream = stream;
            this.payload = payload;
            this.fields = fields;
        }

        public int type() {
            return type;
        }

        public int flags() {
            return flags;
        }

        public boolean has(int flag) {
            return (flags & flag) != 0;
        }

        public int stream() {
            return stream;
        }

        /** With padding, if there is any, but for HEADERS: there it is the bare block. */
        public byte[] payload() {
            return payload;
        }

        public String text() {
            return new String(payload, StandardCharsets.ISO_8859_1);
        }

        /** The 32 bits at this offset of the payload. */
        public int intAt(int offset) {
            return ByteBuffer.wrap(payload).getInt(offset);
        }

        /** Of HEADERS: the fields in their order, each as {@code name: value}. */
        public List<String> fields() {
            return fields;
        }

        public @Nullable String field(String name) {
            return find(fields, name);
        }

        /** Of SETTINGS: the value of one; -1 when it is not there. */
        public long setting(int identifier) {
            ByteBuffer settings = ByteBuffer.wrap(payload);
            long value = -1;
            while (settings.hasRemaining()) {
                int found = settings.getShort() & 0xFFFF;
                long its = settings.getInt() & 0xFFFFFFFFL;
                value = found == identifier ? its : value;
            }
            return value;
        }

        @Override
        public String toString() {
            String shown = fields.isEmpty() ? payload.length + " bytes" : fields.toString();
            return "type " + type + " flags " + flags + " stream " + stream + ": " + shown;
        }
    }

    /** A head, its content and trailers; the fields in their order, each as {@code name: value}. */
    public record Message(List<String> head, String content, List<String> trailers) {
        public int status() {
            String status = header(":status");
            return status == null ? -1 : Integer.parseInt(status);
        }

        public @Nullable String header(String name) {
            return find(head, name);
        }

        public @Nullable String trailer(String name) {
            return find(trailers, name);
        }
    }

    private static @Nullable String find(List<String> fields, String name) {
        return fields.stream()
                .filter(field -> field.startsWith(name + ": "))
                .map(field -> field.substring(name.length() + 2))
                .findFirst()
                .orElse(null);
    }
}
