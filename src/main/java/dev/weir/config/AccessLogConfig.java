package dev.weir.config;

import java.util.Locale;

/**
 * Where the line that each request leaves is written.
 *
 * @param target where to
 * @param path the file of {@link Target#FILE}; for the others the word that stands for them, {@code off} or
 *     {@code stdout}, whatever is given
 * @param format how a line looks
 */
@Shorthand
public record AccessLogConfig(
        Target target,

        @Key(doc = "`off`, `stdout`, or the file to which lines are appended.", def = "off", kind = Scalar.FILE)
        String path,

        @Key(doc = "`json`: one object a line. `combined`: the format that web servers have in common.", def = "json")
        Format format) {
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

    public AccessLogConfig {
        if (target != Target.FILE) {
            path = target.name().toLowerCase(Locale.ROOT);
        } else if (path.isEmpty()) {
            throw new IllegalArgumentException("an access log in a file needs the file's path");
        }
    }

    /** The record for {@code path} as a user writes it: {@code off}, {@code stdout} or a file. */
    public static AccessLogConfig of(String path, Format format) {
        Target target = switch (path) {
            case "off" -> Target.OFF;
            case "stdout" -> Target.STDOUT;
            default -> Target.FILE;
        };
        return new AccessLogConfig(target, path, format);
    }
}
