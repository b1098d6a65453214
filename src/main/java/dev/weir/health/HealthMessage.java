package dev.weir.health;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * The two messages of {@code grpc.health.v1}, with the five bytes that gRPC puts in front: a request has one text, a
 * response one number, each with the field number 1. Other fields are passed over, as protobuf demands.
 */
final class HealthMessage {
    /** A response has two bytes; unknown fields may come beside it. */
    static final int LONGEST = 1024;

    static final int SERVING = 1;
    static final int NOT_SERVING = 2;
    static final int UNREADABLE = -1;

    private static final int PREFIX = 5;
    private static final int VARINT = 0;
    private static final int FIXED64 = 1;
    private static final int LENGTH_DELIMITED = 2;
    private static final int FIXED32 = 5;

    private final byte[] bytes;
    private final int end;
    private int at = PREFIX;

    private HealthMessage(byte[] bytes, int end) {
        this.bytes = bytes;
        this.end = end;
    }

    /** A request for this service; empty for the whole server. */
    static byte[] request(String service) {
        byte[] name = service.getBytes(StandardCharsets.UTF_8);
        ByteArrayOutputStream message = new ByteArrayOutputStream();
        if (name.length > 0) {
            message.write((1 << 3) | LENGTH_DELIMITED);
            int rest = name.length;
            while (rest >= 0x80) {
                message.write((rest & 0x7F) | 0x80);
                rest >>>= 7;
            }
            message.write(rest);
            message.writeBytes(name);
        }
        int length = message.size();
        ByteArrayOutputStream framed = new ByteArrayOutputStream();
        framed.writeBytes(
                new byte[] {0, (byte) (length >> 24), (byte) (length >> 16), (byte) (length >> 8), (byte) length});
        framed.writeBytes(message.toByteArray());
        return framed.toByteArray();
    }

    /** The serving status that a response of so many bytes tells; {@link #UNREADABLE} if it is none. */
    static int status(byte[] bytes, int length) {
        if (length < PREFIX || bytes[0] != 0) {
            return UNREADABLE;
        }
        int announced =
                ((bytes[1] & 0xFF) << 24) | ((bytes[2] & 0xFF) << 16) | ((bytes[3] & 0xFF) << 8) | (bytes[4] & 0xFF);
        return announced == length - PREFIX ? new HealthMessage(bytes, length).status() : UNREADABLE;
    }

    private int status() {
        long status = 0;
        while (at < end) {
            long tag = varint();
            if (tag == ((1 << 3) | VARINT)) {
                status = varint();
            } else if (tag >>> 3 != 0) {
                skip((int) (tag & 7));
            } else {
                return UNREADABLE;
            }
            if (at < 0) {
                return UNREADABLE;
            }
        }
        return at == end && status >= 0 && status <= Integer.MAX_VALUE ? (int) status : UNREADABLE;
    }

    /** The position becomes negative when the message is no sound one. */
    private long varint() {
        long value = 0;
        for (int shift = 0; shift < 64 && at >= 0 && at < end; shift += 7) {
            byte next = bytes[at++];
            value |= (long) (next & 0x7F) << shift;
            if (next >= 0) {
                return value;
            }
        }
        at = -1;
        return 0;
    }

    private void skip(int type) {
        long length = switch (type) {
            case VARINT -> {
                varint();
                yield 0;
            }
            case FIXED64 -> 8;
            case LENGTH_DELIMITED -> varint();
            case FIXED32 -> 4;
            default -> -1;
        };
        at = at < 0 || length < 0 || length > end - at ? -1 : at + (int) length;
    }
}
