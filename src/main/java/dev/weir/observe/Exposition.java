package dev.weir.observe;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;

/** The numbers as a page that a monitoring system reads. */
public final class Exposition {
    private final String contentType;
    private final ByteArrayOutputStream body;

    private Exposition(String contentType, ByteArrayOutputStream body) {
        this.contentType = contentType;
        this.body = body;
    }

    /** The page now, in the format that the {@code Accept} field value asks for, empty when it was not sent. */
    public static Exposition of(Meters meters, String accept) {
        return new Exposition(accept, new ByteArrayOutputStream(meters.loops()));
    }

    /** The value of {@code Content-Type}. */
    public String contentType() {
        return contentType;
    }

    /** The page's size in bytes. */
    public int size() {
        return body.size();
    }

    /** Writes the page. */
    public void writeTo(OutputStream out) throws IOException {
        body.writeTo(out);
    }
}
