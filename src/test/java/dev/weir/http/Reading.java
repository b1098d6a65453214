package dev.weir.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.stream.IntStream;

/** Reads messages for the tests, whole and in parts, and writes down all that was found so that it can be compared. */
final class Reading {
    static final HeadLimits LIMITS = new HeadLimits(256, 1024, 16);

    private Reading() {}

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    static String text(byte[] bytes, int from, int to) {
        return new String(bytes, from, to - from, StandardCharsets.ISO_8859_1);
    }

    /** A buffer that does not start at index 0 of its memory, as after earlier messages. */
    static ByteBuf buffer(byte[] bytes) {
        return Unpooled.buffer(bytes.length + 3).writeZero(3).skipBytes(3).writeBytes(bytes);
    }

    /** What reads a message that arrives in the given parts. */
    interface Reader {
        String read(byte[]... parts);
    }

    /** Reads whole, byte by byte and cut in two at every place; all must find the same, which is returned. */
    static String everyWay(Reader reader, byte[] message) {
        String whole = reader.read(message);
        assertThat(reader.read(singleBytes(message))).as("byte by byte").isEqualTo(whole);
        for (int cut = 1; cut < message.length; cut++) {
            assertThat(reader.read(cut(message, cut))).as("cut at %s", cut).isEqualTo(whole);
        }
        return whole;
    }

    static byte[][] singleBytes(byte[] message) {
        return IntStream.range(0, message.length)
                .mapToObj(i -> new byte[] {message[i]})
                .toArray(byte[][]::new);
    }

    static byte[][] cut(byte[] message, int... places) {
        byte[][] parts = new byte[places.length + 1][];
        int from = 0;
        for (int i = 0; i < places.length; i++) {
            parts[i] = Arrays.copyOfRange(message, from, places[i]);
            from = places[i];
        }
        parts[places.length] = Arrays.copyOfRange(message, from, message.length);
        return parts;
    }

    static String request(HeadLimits limits, byte[]... parts) {
        RequestHead head = new RequestHead();
        int consumed = 0;
        try {
            for (byte[] part : parts) {
                ByteBuf in = buffer(part);
                boolean complete = head.read(in, limits);
                consumed += part.length - in.readableBytes();
                if (complete) {
                    return describe(head) + " consumed=" + consumed;
                }
            }
        } catch (ProtocolViolation refused) {
            return refused.violation().name();
        }
        return "incomplete started=" + head.started();
    }

    static String response(HeadLimits limits, byte[]... parts) {
        ResponseHead head = new ResponseHead();
        int consumed = 0;
        try {
            for (byte[] part : parts) {
                ByteBuf in = buffer(part);
                boolean complete = head.read(in, limits);
                consumed += part.length - in.readableBytes();
                if (complete) {
                    return describe(head) + " consumed=" + consumed;
                }
            }
        } catch (ProtocolViolation refused) {
            return refused.violation().name();
        }
        return "incomplete started=" + head.started();
    }

    static String body(BodyFraming framing, long length, HeadLimits limits, byte[]... parts) {
        BodyReader body = new BodyReader();
        body.start(framing, length, limits);
        StringBuilder content = new StringBuilder();
        int consumed = 0;
        try {
            for (byte[] part : parts) {
                ByteBuf in = buffer(part);
                for (int count = body.next(in); count > 0; count = body.next(in)) {
                    content.append(in.readCharSequence(count, StandardCharsets.ISO_8859_1));
                }
                consumed += part.length - in.readableBytes();
                if (!body.complete()) {
                    assertThat(in.isReadable()).as("input left").isFalse();
                }
            }
        } catch (ProtocolViolation refused) {
            return refused.violation().name();
        }
        assertThat(body.received()).isEqualTo(content.length());
        return (body.complete() ? "complete" : body.cutShort() ? "cut short" : "open") + " content=" + content
                + " trailers=" + describe(body.trailers()) + " consumed=" + consumed;
    }

    static String describe(RequestHead head) {
        byte[] bytes = head.bytes();
        return text(bytes, head.methodStart(), head.methodEnd())
                + " " + head.method()
                + " target=" + text(bytes, head.targetStart(), head.targetEnd())
                + " form=" + head.form()
                + " path=" + text(bytes, head.pathStart(), head.pathEnd())
                + " origin=" + text(bytes, head.pathStart(), head.targetEnd())
                + " host=" + (head.hasHost() ? text(bytes, head.hostStart(), head.hostEnd()) : "none")
                + " name=" + (head.hasHost() ? text(bytes, head.hostStart(), head.hostNameEnd()) : "none")
                + " minor=" + head.minorVersion()
                + " framing=" + head.framing()
                + " length=" + head.contentLength()
                + (head.keepAlive() ? " keep-alive" : " close")
                + (head.expectsContinue() ? " continue" : "")
                + (head.upgrade() ? " upgrade" : "")
                + " fields=" + describe(head.headers());
    }

    static String describe(ResponseHead head) {
        byte[] bytes = head.bytes();
        return head.status()
                + " reason=" + text(bytes, head.reasonStart(), head.reasonEnd())
                + " minor=" + head.minorVersion()
                + " framing=" + head.framing(false)
                + " length=" + head.contentLength()
                + (head.keepAlive() ? " keep-alive" : " close")
                + " timeout=" + head.keepAliveTimeoutSeconds()
                + " fields=" + describe(head.headers());
    }

    /** Names, values and known fields; checks that lines follow one another without a gap. */
    static String describe(Headers headers) {
        StringBuilder text = new StringBuilder("[");
        for (int i = 0; i < headers.size(); i++) {
            if (i > 0) {
                assertThat(headers.nameStart(i)).isEqualTo(headers.lineEnd(i - 1));
                text.append(", ");
            }
            text.append(headers.name(i)).append('=').append(headers.value(i));
            if (headers.field(i) != Field.OTHER) {
                assertThat(headers.has(headers.field(i))).isTrue();
                text.append('(').append(headers.field(i)).append(')');
            }
        }
        return text.append(']').toString();
    }
}
