import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.concurrent.ThreadLocalRandom;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

/** As much of WebSocket (RFC 6455) as an echo needs: whole frames of up to 64 KiB, without fragments and extensions. */
final class Frames {
    static final int BINARY = 2;
    static final int CLOSE = 8;
    static final int PING = 9;
    static final int PONG = 10;

    private static final String GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    private static final int LAST = 0x80;
    private static final int MASKED = 0x80;
    private static final int LONG_LENGTH = 126;

    record Frame(int opcode, byte[] payload) {
        /** The status of a frame that closes; 1005, as the specification has it, where it names none. */
        int status() {
            return payload.length < 2 ? 1005 : ByteBuffer.wrap(payload).getShort() & 0xffff;
        }
    }

    private Frames() {}

    /** The answer to a client's key. */
    static String accept(String key) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-1").digest((key + GUID).getBytes(ISO_8859_1));
            return Base64.getEncoder().encodeToString(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-1", e);
        }
    }

    /** Reads the rest of a frame of which the first byte is known. */
    static Frame read(int first, DataInputStream in) throws IOException {
        if ((first & 0xf0) != LAST) {
            throw new IOException("a frame that begins with " + first + " is none that an echo gets");
        }
        int second = in.readUnsignedByte();
        int length = second & 0x7f;
        if (length > LONG_LENGTH) {
            throw new IOException("a frame is larger than those that are sent here");
        }
        length = length == LONG_LENGTH ? in.readUnsignedShort() : length;
        byte[] mask = new byte[4];
        if ((second & MASKED) != 0) {
            in.readFully(mask);
        }
        byte[] payload = new byte[length];
        in.readFully(payload);
        apply(mask, payload, 0);
        return new Frame(first & 0xf, payload);
    }

    static void write(OutputStream out, int opcode, byte[] payload, boolean masked) throws IOException {
        ByteBuffer frame = ByteBuffer.allocate(8 + payload.length);
        frame.put((byte) (LAST | opcode));
        int flag = masked ? MASKED : 0;
        if (payload.length < LONG_LENGTH) {
            frame.put((byte) (flag | payload.length));
        } else {
            frame.put((byte) (flag | LONG_LENGTH)).putShort((short) payload.length);
        }
        byte[] mask = new byte[4];
        if (masked) {
            ThreadLocalRandom.current().nextBytes(mask);
            frame.put(mask);
        }
        int start = frame.position();
        frame.put(payload);
        apply(mask, frame.array(), start);
        out.write(frame.array(), 0, frame.position());
    }

    private static void apply(byte[] mask, byte[] bytes, int from) {
        for (int i = from; i < bytes.length; i++) {
            bytes[i] ^= mask[(i - from) & 3];
        }
    }
}
