package dev.weir.config;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.Set;

/** Checks of names and of what routes match by. Each refuses with a clause that helps to put it right. */
final class Patterns {
    /** A token of RFC 9110 section 5.6.2, for the schema. */
    static final String TOKEN = "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$";

    private static final String TOKEN_MARKS = "!#$%&'*+-.^_`|~";

    /** Who writes one of these does not mean a file beside the configuration. */
    private static final Set<String> WORDS_NOT_FILES =
            Set.of("on", "true", "yes", "false", "no", "none", "null", "stderr", "STDOUT", "OFF", "syslog");

    private Patterns() {}

    /** A host name, {@code *.} and one, or an address literal; in lower case. */
    static String host(String text) {
        if (text.equals("*")) {
            throw new IllegalArgumentException("without 'host' every host matches");
        }
        if (text.startsWith("[") && text.endsWith("]") && AddressParser.isIpv6(text.substring(1, text.length() - 1))) {
            return text.toLowerCase(Locale.ROOT);
        }
        String name = text.startsWith("*.") ? text.substring(2) : text;
        if (name.indexOf('*') >= 0) {
            throw new IllegalArgumentException("a '*' stands only at the beginning, before a dot");
        }
        if (name.indexOf(':') >= 0) {
            throw new IllegalArgumentException("the host is compared without its port");
        }
        if (!AddressParser.isHostName(name) || name.endsWith(".")) {
            throw new IllegalArgumentException("");
        }
        return text.toLowerCase(Locale.ROOT);
    }

    /** A path that begins with a slash; a star only at its end. */
    static String path(String text) {
        if (!text.startsWith("/")) {
            throw new IllegalArgumentException("a path begins with '/'");
        }
        int star = text.indexOf('*');
        if (star >= 0 && star != text.length() - 1) {
            throw new IllegalArgumentException("a '*' stands only at the end");
        }
        if (text.indexOf('?') >= 0 || text.indexOf('#') >= 0) {
            throw new IllegalArgumentException("the path is compared without its query");
        }
        if (text.chars().anyMatch(c -> c <= ' ' || c >= 0x7F)) {
            throw new IllegalArgumentException("only visible ASCII, the rest is percent-encoded");
        }
        return text;
    }

    /** What a request asks for: a path, perhaps with a query. */
    static String target(String text) {
        if (!text.startsWith("/")) {
            throw new IllegalArgumentException("a path begins with '/'");
        }
        if (text.indexOf('#') >= 0 || text.chars().anyMatch(c -> c <= ' ' || c >= 0x7F)) {
            throw new IllegalArgumentException("only visible ASCII without '#', the rest is percent-encoded");
        }
        return text;
    }

    /** A regular expression, unchanged. */
    static String regex(String text) {
        try {
            Pattern.compile(text);
        } catch (PatternSyntaxException faulty) {
            throw new IllegalArgumentException(faulty.getDescription(), faulty);
        }
        return text;
    }

    static String token(String text) {
        boolean token = !text.isEmpty() && text.chars().allMatch(c -> isAlphanumeric(c) || TOKEN_MARKS.indexOf(c) >= 0);
        if (!token) {
            throw new IllegalArgumentException("");
        }
        return text;
    }

    static String name(String text) {
        boolean name = !text.isEmpty() && text.chars().allMatch(c -> isAlphanumeric(c) || "-_.".indexOf(c) >= 0);
        if (!name) {
            throw new IllegalArgumentException("");
        }
        return text;
    }

    /** A host name; in lower case. */
    static String hostName(String text) {
        if (!AddressParser.isHostName(text) || text.endsWith(".")) {
            throw new IllegalArgumentException("");
        }
        return text.toLowerCase(Locale.ROOT);
    }

    /** The name of a host as authorities certify it; in lower case. */
    static String domain(String text) {
        if (text.indexOf('*') >= 0) {
            throw new IllegalArgumentException("a wildcard needs the challenge dns-01, which Weir does not do");
        }
        if (AddressParser.ipv4(text).length > 0 || AddressParser.ipv6(text).length > 0) {
            throw new IllegalArgumentException("an address is no name");
        }
        if (text.indexOf('_') >= 0) {
            throw new IllegalArgumentException("no authority certifies a name with '_'");
        }
        return hostName(text);
    }

    static String httpsUrl(String text) {
        if (text.startsWith("http://")) {
            throw new IllegalArgumentException("without TLS anybody on the way could answer");
        }
        try {
            URI address = new URI(text);
            if (!"https".equals(address.getScheme()) || address.getHost() == null) {
                throw new IllegalArgumentException("");
            }
        } catch (URISyntaxException malformed) {
            throw new IllegalArgumentException("", malformed);
        }
        return text;
    }

    static String httpUrl(String text) {
        try {
            URI address = new URI(text);
            boolean http = "http".equals(address.getScheme()) || "https".equals(address.getScheme());
            if (!http || address.getHost() == null || address.getRawFragment() != null) {
                throw new IllegalArgumentException("");
            }
            if (address.getRawUserInfo() != null) {
                throw new IllegalArgumentException("a user does not belong in the address");
            }
        } catch (URISyntaxException malformed) {
            throw new IllegalArgumentException("", malformed);
        }
        return text;
    }

    /** The URL of a member of an etcd cluster; without a scheme it is http. */
    static String etcdEndpoint(String text) {
        String url = httpUrl(text.contains("://") ? text : "http://" + text);
        URI address = URI.create(url);
        if (address.getPort() < 1 || address.getPort() > 65535) {
            throw new IllegalArgumentException("the port is missing; etcd's own is 2379");
        }
        if (!address.getRawPath().isEmpty() || address.getRawQuery() != null) {
            throw new IllegalArgumentException("nothing comes after the port");
        }
        return url;
    }

    /** A name and a port; a final dot of the name says that it is complete. */
    static String nameAndPort(String text) {
        if (!(Address.parseServer(text) instanceof Address.Inet inet)) {
            throw new IllegalArgumentException("a unix socket has no name to look up");
        }
        dnsName(inet.host());
        return text;
    }

    /** A name to look up. */
    static String dnsName(String text) {
        if (AddressParser.isIpv4(text) || AddressParser.isIpv6(text)) {
            throw new IllegalArgumentException("an address needs no look-up; write it under 'servers'");
        }
        if (!AddressParser.isHostName(text)) {
            throw new IllegalArgumentException("");
        }
        return text;
    }

    /** The path of a file; relative ones are taken from where Weir was started. */
    static String fileName(String text) {
        if (text.isEmpty() || text.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("");
        }
        return text;
    }

    /** The path of a file, where a word may stand instead. */
    static String file(String text) {
        fileName(text);
        if (WORDS_NOT_FILES.contains(text)) {
            throw new IllegalArgumentException("a file of this name is written ./" + text);
        }
        return text;
    }

    /** In octal, always of four digits. */
    static String fileMode(String text) {
        String digits = text.length() == 4 && text.startsWith("0") ? text.substring(1) : text;
        if (digits.length() != 3 || !digits.chars().allMatch(c -> c >= '0' && c <= '7')) {
            throw new IllegalArgumentException("");
        }
        return "0" + digits;
    }

    static String environment(String text) {
        boolean letters = text.chars().allMatch(c -> isAlphanumeric(c) || c == '_');
        if (text.isEmpty() || !letters || Character.isDigit(text.charAt(0))) {
            throw new IllegalArgumentException("");
        }
        return text;
    }

    private static boolean isAlphanumeric(int c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    }
}
