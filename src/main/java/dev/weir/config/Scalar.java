package dev.weir.config;

import java.time.Duration;
import java.util.Locale;

/**
 * How a single value is written: reading, printing, the words for it in messages and on the reference page, and the
 * pattern of its text in the JSON Schema, all in one place.
 */
enum Scalar {
    BOOLEAN("on or off", "on/off", "") {
        @Override
        Object parse(String text) {
            return switch (text) {
                case "on", "true" -> true;
                case "off", "false" -> false;
                default -> throw new IllegalArgumentException("");
            };
        }

        @Override
        String print(Object value) {
            return (Boolean) value ? "on" : "off";
        }
    },
    INTEGER("a whole number", "number", "") {
        @Override
        Object parse(String text) {
            return Quantity.parseInteger(text);
        }
    },
    /** Bytes. */
    SIZE("a size such as 64KiB", "size", "^(0|[1-9][0-9]*)(B|KiB|MiB|GiB)?$") {
        @Override
        Object parse(String text) {
            return Quantity.parseSize(text);
        }

        @Override
        String print(Object value) {
            return Quantity.printSize(((Number) value).longValue());
        }
    },
    /** A share of the whole, in hundredths. */
    PERCENT("a share such as 20%", "share", "^(0|[1-9][0-9]*)%$") {
        @Override
        Object parse(String text) {
            if (!text.endsWith("%")) {
                throw new IllegalArgumentException("the % is missing");
            }
            return Quantity.parseInteger(text.substring(0, text.length() - 1));
        }

        @Override
        String print(Object value) {
            return value + "%";
        }
    },
    DURATION("a duration such as 250ms, 2s or 1h", "duration", "^(0|[1-9][0-9]*)(ms|s|m|h)$") {
        @Override
        Object parse(String text) {
            return Quantity.parseDuration(text);
        }

        @Override
        String print(Object value) {
            return Quantity.printDuration((Duration) value);
        }
    },
    /** An address to listen on. */
    BIND(
            "host:port, :port, [::1]:80 or unix:/path",
            "address",
            "^(unix:/.*[^/]|(\\[[0-9A-Fa-f:.%]+.*\\]|[^:/]*):[0-9]{1,5})$") {
        @Override
        Object parse(String text) {
            return Address.parse(text);
        }
    },
    /** An address to connect to. */
    SERVER(
            "host:port, [::1]:80 or unix:/path",
            "address",
            "^(unix:/.*[^/]|(\\[[0-9A-Fa-f:.%]+.*\\]|[^:/]+):[1-9][0-9]{0,4})$") {
        @Override
        Object parse(String text) {
            return Address.parseServer(text);
        }
    },
    /** A name to look up, and a port. */
    NAME_AND_PORT("a name and a port, as in web.internal:8080", "name:port", "^[A-Za-z0-9._-]+:[1-9][0-9]{0,4}$") {
        @Override
        Object parse(String text) {
            return Patterns.nameAndPort(text);
        }
    },
    /** The name of SRV records. */
    SRV_NAME("a name such as _http._tcp.web.internal", "name", "^[A-Za-z0-9._-]+$") {
        @Override
        Object parse(String text) {
            return Patterns.dnsName(text);
        }
    },
    CIDR("an address range such as 10.0.0.0/8, or one address", "address range", "^[0-9A-Fa-f:.]+(/[0-9]{1,3})?$") {
        @Override
        Object parse(String text) {
            return Cidr.parse(text);
        }
    },
    HOST("a host name or *.example.com", "host", "^(\\*\\.)?[A-Za-z0-9._-]+$|^\\[[0-9A-Fa-f:.]+\\]$") {
        @Override
        Object parse(String text) {
            return Patterns.host(text);
        }
    },
    /** One name, without stars. */
    HOST_NAME("a host name", "host name", "^[A-Za-z0-9._-]+$") {
        @Override
        Object parse(String text) {
            return Patterns.hostName(text);
        }
    },
    /** A name that an authority can certify. */
    DOMAIN("a domain name such as www.example.com", "domain", "^[A-Za-z0-9-]+(\\.[A-Za-z0-9-]+)*$") {
        @Override
        Object parse(String text) {
            return Patterns.domain(text);
        }
    },
    HTTPS_URL("an address such as https://ca.example/directory", "https address", "^https://[^/\\s]+(/\\S*)?$") {
        @Override
        Object parse(String text) {
            return Patterns.httpsUrl(text);
        }
    },
    HTTP_URL("an address such as http://registry.example/web", "http address", "^https?://[^/\\s]+(/\\S*)?$") {
        @Override
        Object parse(String text) {
            return Patterns.httpUrl(text);
        }
    },
    /** A member of an etcd cluster; a URL as a value. */
    ETCD_ENDPOINT("host:2379 or https://host:2379", "host:port", "^(https?://)?[^/\\s]+:[0-9]{1,5}$") {
        @Override
        Object parse(String text) {
            return Patterns.etcdEndpoint(text);
        }
    },
    PATH("a path such as /a or /v1/*", "path", "^/[^?#*\\s]*\\*?$") {
        @Override
        Object parse(String text) {
            return Patterns.path(text);
        }
    },
    /** What a request asks for: a path, perhaps with a query. */
    TARGET("a path such as /health or /health?full=1", "path", "^/[^#\\s]*$") {
        @Override
        Object parse(String text) {
            return Patterns.target(text);
        }
    },
    STATUSES(
            "status codes such as 200-399 or 200-299,404",
            "status codes",
            "^[1-5][0-9]{2}(-[1-5][0-9]{2})?(, *[1-5][0-9]{2}(-[1-5][0-9]{2})?)*$") {
        @Override
        Object parse(String text) {
            return StatusRanges.parse(text);
        }
    },
    /** A regular expression whose matching takes linear time (RE2). */
    PATTERN("a pattern (RE2)", "pattern", "") {
        @Override
        Object parse(String text) {
            return Patterns.regex(text);
        }
    },
    METHOD("a method such as GET", "method", Patterns.TOKEN) {
        @Override
        Object parse(String text) {
            return Patterns.token(text);
        }
    },
    /** The name of a header field; in lower case as a value. */
    HEADER("the name of a header field", "field name", Patterns.TOKEN) {
        @Override
        Object parse(String text) {
            return Patterns.token(text).toLowerCase(Locale.ROOT);
        }
    },
    /** The name of a pool. */
    NAME("a name of letters, digits, '-', '_' and '.'", "name", "^[A-Za-z0-9._-]+$") {
        @Override
        Object parse(String text) {
            return Patterns.name(text);
        }
    },
    FILE("off, stdout or the path of a file", "off, stdout or file", "^[^\\u0000]+$") {
        @Override
        Object parse(String text) {
            return Patterns.file(text);
        }
    },
    FILE_NAME("the path of a file", "file", "^[^\\u0000]+$") {
        @Override
        Object parse(String text) {
            return Patterns.fileName(text);
        }
    },
    /** Of a file: three octal digits, perhaps after a zero. */
    FILE_MODE("a file mode such as 0660", "file mode", "^0?[0-7]{3}$") {
        @Override
        Object parse(String text) {
            return Patterns.fileMode(text);
        }
    },
    /** The name of an environment variable. */
    ENVIRONMENT("the name of an environment variable", "variable", "^[A-Za-z_][A-Za-z0-9_]*$") {
        @Override
        Object parse(String text) {
            return Patterns.environment(text);
        }
    },
    TEXT("a text", "text", "") {
        @Override
        Object parse(String text) {
            return text;
        }
    };

    private final String expected;
    private final String label;
    private final String pattern;

    Scalar(String expected, String label, String pattern) {
        this.expected = expected;
        this.label = label;
        this.pattern = pattern;
    }

    /**
     * The value of {@code text}: {@code Boolean}, {@code Long} (numbers, sizes and shares), {@code Duration},
     * {@link Address}, {@link Cidr}, {@link StatusRanges} or {@code String}.
     *
     * @throws IllegalArgumentException whose message is empty, or a clause that helps to put it right
     */
    abstract Object parse(String text);

    /** The text from which {@link #parse} makes an equal value. */
    String print(Object value) {
        return value.toString();
    }

    /** What is wanted, for messages. */
    String expected() {
        return expected;
    }

    /** The same in one or two words, for tables. */
    String label() {
        return label;
    }

    /** The ECMA-262 pattern of the text; empty when every text will do or it is not a text. */
    String pattern() {
        return pattern;
    }

    /** Whether quotes around it make it something else: a number in quotes is a text. */
    boolean isPlain() {
        return this == BOOLEAN || this == INTEGER;
    }

    /** Whether values are numbers, and their component an {@code int} or a {@code long}. */
    boolean isNumber() {
        return this == INTEGER || this == SIZE || this == PERCENT;
    }
}
