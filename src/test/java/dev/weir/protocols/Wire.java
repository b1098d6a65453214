package dev.weir.protocols;

import dev.weir.testing.RawClient;
import dev.weir.testing.RawHttp2;
import dev.weir.testing.RawHttp2.Message;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * One exchange as a test sees it, whichever version of HTTP carries it: messages have the pseudo-fields and the
 * lower-case names of HTTP/2, and the content without framing.
 */
sealed interface Wire {
    /** A whole message. One of HTTP/1 is chunked if it has trailers. */
    void send(Message message) throws IOException;

    /** A head that is followed by content of unknown length. */
    void sendHead(String... lines) throws IOException;

    /** A part of that content. */
    void sendPart(String content) throws IOException;

    /** The next message: an interim head by itself. */
    Message read(boolean answersHead) throws IOException;

    /** The next head; what follows is left to the test. */
    List<String> readHead() throws IOException;

    /** Waits until the other side has given the exchange up: a reset stream, a closed connection. */
    void awaitCut() throws IOException;

    default Message read() throws IOException {
        return read(false);
    }

    /** Fields as {@code name: value}, no content, no trailers. */
    static Message message(String... head) {
        return new Message(List.of(head), "", List.of());
    }

    static Message request(String method, String path, String content, String... more) {
        List<String> head =
                new ArrayList<>(List.of(":method: " + method, ":scheme: http", ":authority: a.test", ":path: " + path));
        head.addAll(List.of(more));
        return new Message(head, content, List.of());
    }

    private static String[] split(List<String> lines) {
        return lines.stream()
                .flatMap(line -> {
                    int colon = line.indexOf(':', 1);
                    return List.of(line.substring(0, colon), line.substring(colon + 2)).stream();
                })
                .toArray(String[]::new);
    }

    /** HTTP/1.1 on a connection. */
    record Http1(RawClient connection) implements Wire {
        @Override
        public void send(Message message) throws IOException {
            boolean chunked = !message.trailers().isEmpty();
            boolean sized = message.header("content-length") != null;
            String framing = chunked
                    ? "transfer-encoding: chunked\r\n"
                    : sized || mayHaveNone(message)
                            ? ""
                            : "content-length: " + message.content().length() + "\r\n";
            connection.send(head(message.head()) + framing + "\r\n");
            if (!chunked) {
                connection.send(message.content());
                return;
            }
            if (!message.content().isEmpty()) {
                sendPart(message.content());
            }
            connection.send("0\r\n" + String.join("\r\n", message.trailers()) + "\r\n\r\n");
        }

        private static boolean mayHaveNone(Message message) {
            int status = message.status();
            boolean never = (status >= 100 && status < 200) || status == 204 || status == 304;
            return message.content().isEmpty() && (never || status < 0);
        }

        private static String head(List<String> lines) {
            Message message = new Message(lines, "", List.of());
            StringBuilder head = new StringBuilder(
                    message.status() >= 0
                            ? "HTTP/1.1 " + message.status() + " \r\n"
                            : message.header(":method") + " " + message.header(":path") + " HTTP/1.1\r\n");
            for (String line : lines) {
                if (line.startsWith(":authority")) {
                    head.append("host")
                            .append(line.substring(":authority".length()))
                            .append("\r\n");
                } else if (!line.startsWith(":")) {
                    head.append(line).append("\r\n");
                }
            }
            return head.toString();
        }

        @Override
        public void sendHead(String... lines) throws IOException {
            connection.send(head(List.of(lines)) + "transfer-encoding: chunked\r\n\r\n");
        }

        @Override
        public void sendPart(String content) throws IOException {
            connection.send(Integer.toHexString(content.length()) + "\r\n" + content + "\r\n");
        }

        @Override
        public List<String> readHead() throws IOException {
            List<String> lines = connection.readHead().lines().toList();
            if (lines.isEmpty()) {
                throw new java.io.EOFException("the peer ended instead of a head");
            }
            List<String> fields = new ArrayList<>();
            String[] first = lines.getFirst().split(" ", 3);
            if (first[0].startsWith("HTTP/")) {
                fields.add(":status: " + first[1]);
            } else {
                fields.add(":method: " + first[0]);
                fields.add(":path: " + first[1]);
            }
            for (String line : lines.subList(1, lines.size() - 1)) {
                int colon = line.indexOf(':');
                fields.add(line.substring(0, colon).toLowerCase(Locale.ROOT) + ": "
                        + line.substring(colon + 1).trim());
            }
            return fields;
        }

        @Override
        public Message read(boolean answersHead) throws IOException {
            Message head = new Message(readHead(), "", List.of());
            if (answersHead || (head.status() >= 0 && mayHaveNone(head))) {
                return head;
            }
            String length = head.header("content-length");
            if (length != null) {
                return new Message(head.head(), connection.readText(Integer.parseInt(length)), List.of());
            }
            return "chunked".equals(head.header("transfer-encoding")) ? readChunks(head) : head;
        }

        private Message readChunks(Message head) throws IOException {
            StringBuilder content = new StringBuilder();
            int size = chunk();
            while (size > 0) {
                content.append(connection.readText(size));
                connection.readThrough("\r\n");
                size = chunk();
            }
            List<String> trailers = new ArrayList<>();
            String line = connection.readThrough("\r\n").trim();
            while (!line.isEmpty()) {
                int colon = line.indexOf(':');
                trailers.add(line.substring(0, colon).toLowerCase(Locale.ROOT) + line.substring(colon));
                line = connection.readThrough("\r\n").trim();
            }
            return new Message(head.head(), content.toString(), trailers);
        }

        private int chunk() throws IOException {
            String line = connection.readThrough("\r\n").trim();
            if (line.isEmpty()) {
                throw new java.io.EOFException("the peer ended within the content");
            }
            return Integer.parseInt(line, 16);
        }

        @Override
        public void awaitCut() throws IOException {
            connection.readToEnd();
        }
    }

    /** One stream of an HTTP/2 connection. */
    final class Http2 implements Wire {
        private static final int FIRST_WINDOW = 65_535;
        private static final int FRAME = 16_384;

        private final RawHttp2 peer;
        private final int stream;
        private int streamWindow = FIRST_WINDOW;

        Http2(RawHttp2 peer, int stream) {
            this.peer = peer;
            this.stream = stream;
        }

        @Override
        public void send(Message message) throws IOException {
            boolean headOnly = message.content().isEmpty() && message.trailers().isEmpty();
            boolean interim = message.status() >= 100 && message.status() < 200;
            peer.headers(stream, headOnly && !interim, split(message.head()));
            for (int at = 0; at < message.content().length(); ) {
                int length = Math.min(FRAME, message.content().length() - at);
                awaitWindow(length);
                boolean last = at + length == message.content().length()
                        && message.trailers().isEmpty();
                peer.data(stream, last, message.content().substring(at, at + length));
                at += length;
            }
            if (!message.trailers().isEmpty()) {
                peer.headers(stream, true, split(message.trailers()));
            }
        }

        /** Weir's windows for a connection are larger than all that the tests send on one: only the stream's is minded. */
        private void awaitWindow(int length) throws IOException {
            while (streamWindow < length) {
                streamWindow += peer.await(RawHttp2.WINDOW_UPDATE, stream).intAt(0);
            }
            streamWindow -= length;
        }

        @Override
        public void sendHead(String... lines) throws IOException {
            peer.headers(stream, false, split(List.of(lines)));
        }

        @Override
        public void sendPart(String content) throws IOException {
            peer.data(stream, false, content);
        }

        @Override
        public Message read(boolean answersHead) throws IOException {
            return peer.message(stream);
        }

        @Override
        public List<String> readHead() throws IOException {
            return peer.await(RawHttp2.HEADERS, stream).fields();
        }

        @Override
        public void awaitCut() throws IOException {
            peer.await(RawHttp2.RST_STREAM, stream);
        }

        /** The whole connection. */
        void close() throws IOException {
            peer.close();
        }
    }
}
