package dev.weir.config;

/** Where the line that each request leaves is written. */
public record AccessLogConfig(Target target, String path, Format format) {
    /** Nowhere, to standard output, or to the file at {@code path}. */
    public enum Target {
        OFF,
        STDOUT,
        FILE
    }

    /** One JSON object a line, or the combined format of web servers. */
    public enum Format {
        JSON,
        COMBINED
    }
}
