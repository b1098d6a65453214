package dev.weir.process;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/**
 * One thing that the old process passes to the new one. Who does not know the kind leaves it.
 *
 * @param name of what it belongs to, such as a listener's address as configured
 * @param content what the kind says
 * @param descriptor of an open socket in this process; {@link #NONE} where there is none
 */
public record Carried(Kind kind, String name, String content, int descriptor) {
    public static final int NONE = -1;

    /** What can be passed. A constant's name is what travels. */
    public enum Kind {
        /** A listening socket of a listener; its content is {@code kept} when it is. */
        LISTENER,
        /** The listening socket of the admin port. */
        ADMIN,
        /** Where the old process writes its messages. */
        MESSAGES,
        /** The keys of a listener's session tickets, in base64. */
        TICKETS,
        /** A pool that has servers. */
        POOL,
        /** A server that gets no requests, with the state that it is in. */
        SERVER,
        /** What the admin API has changed, where no state file keeps it; in JSON. */
        CHANGES,
        /** Something that a later version knows. */
        UNKNOWN;

        static Kind of(String name) {
            for (Kind kind : values()) {
                if (kind.name().equals(name)) {
                    return kind;
                }
            }
            return UNKNOWN;
        }
    }

    private static final String KEPT = "kept";
    private static final int MOST = 1_000_000;

    /** Without a descriptor. */
    public Carried(Kind kind, String name, String content) {
        this(kind, name, content, NONE);
    }

    /** A listening socket. */
    public static Carried socket(Kind kind, String name, int descriptor, boolean kept) {
        return new Carried(kind, name, kept ? KEPT : "", descriptor);
    }

    boolean kept() {
        return content.equals(KEPT);
    }

    boolean hasDescriptor() {
        return descriptor != NONE;
    }

    /** All but the descriptors, of which only their being there is told. */
    static byte[] write(List<Carried> all) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        try {
            out.writeInt(all.size());
            for (Carried each : all) {
                out.writeUTF(each.kind.name());
                out.writeUTF(each.name);
                byte[] content = each.content.getBytes(UTF_8);
                out.writeInt(content.length);
                out.write(content);
                out.writeBoolean(each.hasDescriptor());
            }
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return bytes.toByteArray();
    }

    /** Where a descriptor is to come from. */
    @FunctionalInterface
    interface Descriptors {
        int next() throws IOException;
    }

    /** What {@link #write} wrote, and the descriptors that follow it. */
    static List<Carried> read(byte[] written, Descriptors descriptors) throws IOException {
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(written));
        List<Carried> all = new ArrayList<>();
        int count = in.readInt();
        if (count < 0 || count > MOST) {
            throw new IOException("so many things cannot be passed: " + count);
        }
        for (int i = 0; i < count; i++) {
            Kind kind = Kind.of(in.readUTF());
            String name = in.readUTF();
            byte[] content = new byte[in.readInt()];
            in.readFully(content);
            all.add(new Carried(kind, name, new String(content, UTF_8), in.readBoolean() ? descriptors.next() : NONE));
        }
        return all;
    }
}
