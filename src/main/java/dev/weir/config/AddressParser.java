package dev.weir.config;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.util.Locale;

/** Reads addresses; what it refuses it refuses with a clause that tells a person what to write instead. */
final class AddressParser {
    private static final int LONGEST_HOST = 253;
    private static final int LONGEST_LABEL = 63;

    private AddressParser() {}

    static Address parseServer(String text) {
        Address address = parse(text);
        if (address instanceof Address.Inet inet) {
            if (inet.host().isEmpty()) {
                throw new IllegalArgumentException("the host is missing");
            }
            if (inet.port() == 0) {
                throw new IllegalArgumentException("a server's port is 1 to 65535");
            }
        }
        return address;
    }

    static Address parse(String text) {
        if (text.startsWith("unix:")) {
            return new Address.Unix(text.substring("unix:".length()));
        }
        if (text.contains("://")) {
            throw new IllegalArgumentException("leave out everything up to '://'");
        }
        if (text.startsWith("/")) {
            throw new IllegalArgumentException("a unix socket is written unix:" + text);
        }
        return text.startsWith("[") ? bracketed(text) : hostAndPort(text);
    }

    private static Address bracketed(String text) {
        int end = text.indexOf(']');
        if (end < 0) {
            throw new IllegalArgumentException("the bracket is not closed");
        }
        String host = text.substring(1, end);
        if (!isIpv6(host)) {
            throw new IllegalArgumentException("between the brackets stands no IPv6 address");
        }
        if (end + 1 == text.length()) {
            throw new IllegalArgumentException("the port is missing");
        }
        if (text.charAt(end + 1) != ':') {
            throw new IllegalArgumentException("after the bracket comes a colon and the port");
        }
        return new Address.Inet(host, port(text.substring(end + 2)));
    }

    private static Address hostAndPort(String text) {
        int colon = text.lastIndexOf(':');
        if (colon < 0) {
            if (isDecimal(text)) {
                throw new IllegalArgumentException("a port alone is written :" + text);
            }
            throw new IllegalArgumentException("the port is missing");
        }
        String host = text.substring(0, colon);
        if (host.indexOf(':') >= 0) {
            throw new IllegalArgumentException("an IPv6 address stands in brackets, as in [::1]:80");
        }
        if (host.equals("*")) {
            throw new IllegalArgumentException("every local address is written :" + text.substring(colon + 1));
        }
        checkHost(host);
        return new Address.Inet(host, port(text.substring(colon + 1)));
    }

    private static int port(String text) {
        if (text.isEmpty()) {
            throw new IllegalArgumentException("the port is missing");
        }
        if (text.length() > 5
                || !isDecimal(text)
                || (text.length() > 1 && text.charAt(0) == '0')
                || Integer.parseInt(text) > 65535) {
            throw new IllegalArgumentException("a port is a number from 0 to 65535");
        }
        return Integer.parseInt(text);
    }

    private static void checkHost(String host) {
        if (host.isEmpty()) {
            return;
        }
        if (isIpv4(host)) {
            return;
        }
        if (isDecimal(host.replace(".", ""))) {
            throw new IllegalArgumentException("'" + host + "' is no IPv4 address");
        }
        if (!isHostName(host)) {
            throw new IllegalArgumentException("'" + host + "' is no host name");
        }
    }

    /** Letters, digits, '-' and '_' in labels of at most 63 between dots; the underscore is no DNS host but in use. */
    static boolean isHostName(String host) {
        if (host.isEmpty() || host.length() > LONGEST_HOST) {
            return false;
        }
        int label = 0;
        for (int i = 0; i < host.length(); i++) {
            char c = host.charAt(i);
            if (c == '.') {
                if (label == 0) {
                    return false;
                }
                label = 0;
            } else if (!isHostCharacter(c) || ++label > LONGEST_LABEL) {
                return false;
            }
        }
        return true;
    }

    /** Four decimal parts, nothing shorter: 10.1 and 010.0.0.1 mean different things to different readers. */
    static boolean isIpv4(String text) {
        int parts = 0;
        for (int start = 0, end; start <= text.length(); start = end + 1, parts++) {
            end = text.indexOf('.', start);
            end = end < 0 ? text.length() : end;
            int length = end - start;
            if (length > 3 || !isDecimal(text, start, end)) {
                return false;
            }
            if ((length > 1 && text.charAt(start) == '0') || Integer.parseInt(text, start, end, 10) > 255) {
                return false;
            }
        }
        return parts == 4;
    }

    static boolean isIpv6(String text) {
        int zone = text.indexOf('%');
        if (zone >= 0 && !isHostName(text.substring(zone + 1))) {
            return false;
        }
        return ipv6(zone < 0 ? text : text.substring(0, zone)).length == 16;
    }

    /** The 4 bytes of an IPv4 literal; none when it is not one. */
    static byte[] ipv4(String text) {
        return isIpv4(text) ? Inet4Address.ofLiteral(text).getAddress() : new byte[0];
    }

    /** The 16 bytes of an IPv6 literal without a zone; none when it is not one, 4 for an IPv4-mapped one. */
    static byte[] ipv6(String text) {
        if (text.indexOf(':') < 0 || text.indexOf('%') >= 0 || text.indexOf('[') >= 0) {
            return new byte[0];
        }
        try {
            return Inet6Address.ofLiteral(text).getAddress();
        } catch (IllegalArgumentException notALiteral) {
            return new byte[0];
        }
    }

    /** Whether two addresses are the same place as far as their text tells: host names know no case. */
    static String canonical(Address address) {
        return switch (address) {
            case Address.Inet inet -> inet.toString().toLowerCase(Locale.ROOT);
            case Address.Unix unix -> unix.toString();
        };
    }

    private static boolean isHostCharacter(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || isDigit(c) || c == '-' || c == '_';
    }

    private static boolean isDecimal(String text) {
        return isDecimal(text, 0, text.length());
    }

    /** Whether here stand one or more digits, and nothing else. */
    private static boolean isDecimal(String text, int start, int end) {
        for (int i = start; i < end; i++) {
            if (!isDigit(text.charAt(i))) {
                return false;
            }
        }
        return start < end;
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }
}
