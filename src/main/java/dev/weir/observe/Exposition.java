package dev.weir.observe;

import io.prometheus.metrics.expositionformats.ExpositionFormatWriter;
import io.prometheus.metrics.expositionformats.OpenMetricsTextFormatWriter;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;

/** The numbers as a page that a monitoring system reads: Prometheus text 0.0.4, or OpenMetrics 1.0 when asked for. */
public final class Exposition {
    private static final ExpositionFormatWriter TEXT = PrometheusTextFormatWriter.create();
    private static final ExpositionFormatWriter OPEN_METRICS = OpenMetricsTextFormatWriter.create();

    private final String contentType;
    private final ByteArrayOutputStream body;

    private Exposition(String contentType, ByteArrayOutputStream body) {
        this.contentType = contentType;
        this.body = body;
    }

    /** The page now, in the format that the {@code Accept} field value asks for, empty when it was not sent. */
    public static Exposition of(Meters meters, String accept) {
        ExpositionFormatWriter format = OPEN_METRICS.accepts(accept) ? OPEN_METRICS : TEXT;
        ByteArrayOutputStream body = new ByteArrayOutputStream(64 * 1024);
        try {
            format.write(body, Scrape.of(meters));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new Exposition(format.getContentType(), body);
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
