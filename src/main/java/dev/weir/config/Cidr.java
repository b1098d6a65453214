package dev.weir.config;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;

/** A range of addresses: the network's bytes (4 or 16) and how many leading bits count. Immutable. */
public final class Cidr {
    private final byte[] network;
    private final int bits;

    /**
     * @param network 4 or 16 bytes; bits behind the leading ones must be zero
     * @param bits how many leading bits count, 0 to 32 or 128
     */
    public Cidr(byte[] network, int bits) {
        if (network.length != 4 && network.length != 16) {
            throw new IllegalArgumentException("a network has 4 or 16 bytes, not " + network.length);
        }
        if (bits < 0 || bits > network.length * 8) {
            throw new IllegalArgumentException("a prefix has 0 to " + network.length * 8 + " bits, not " + bits);
        }
        this.network = network.clone();
        this.bits = bits;
    }

    /**
     * Reads {@code 10.0.0.0/8}, {@code fd00::/8}, or an address alone, which is a range of one.
     *
     * @throws IllegalArgumentException saying in one clause what is wrong
     */
    public static Cidr parse(String text) {
        int slash = text.indexOf('/');
        String literal = slash < 0 ? text : text.substring(0, slash);
        byte[] address = literal.indexOf(':') < 0 ? AddressParser.ipv4(literal) : AddressParser.ipv6(literal);
        if (address.length == 0) {
            throw new IllegalArgumentException("'" + literal + "' is no IP address");
        }
        if (literal.indexOf(':') >= 0 && address.length == 4) {
            throw new IllegalArgumentException("an IPv4 address is written without '::ffff:'");
        }
        int bits = slash < 0 ? address.length * 8 : bits(text.substring(slash + 1), address.length * 8);
        byte[] network = masked(address, bits);
        if (!Arrays.equals(network, address)) {
            throw new IllegalArgumentException("the network of this address is " + new Cidr(network, bits));
        }
        return new Cidr(network, bits);
    }

    private static int bits(String text, int most) {
        boolean digits = !text.isEmpty() && text.length() <= 3 && text.chars().allMatch(c -> c >= '0' && c <= '9');
        if (!digits || (text.length() > 1 && text.charAt(0) == '0') || Integer.parseInt(text) > most) {
            throw new IllegalArgumentException("after the slash stands a number from 0 to " + most);
        }
        return Integer.parseInt(text);
    }

    private static byte[] masked(byte[] address, int bits) {
        byte[] network = new byte[address.length];
        for (int i = 0; i < network.length; i++) {
            int kept = Math.clamp(bits - 8 * i, 0, 8);
            network[i] = (byte) (address[i] & (0xFF00 >> kept));
        }
        return network;
    }

    /** Whether the address (4 or 16 bytes) lies in this range; an address of the other family does not. */
    public boolean contains(byte[] address) {
        if (address.length != network.length) {
            return false;
        }
        int whole = bits >>> 3;
        for (int i = 0; i < whole; i++) {
            if (address[i] != network[i]) {
                return false;
            }
        }
        int rest = bits & 7;
        return rest == 0 || ((address[whole] ^ network[whole]) & (0xFF00 >> rest) & 0xFF) == 0;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Cidr cidr && bits == cidr.bits && Arrays.equals(network, cidr.network);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(network) + bits;
    }

    /** As {@link #parse} reads it. */
    @Override
    public String toString() {
        try {
            String literal = InetAddress.getByAddress(network).getHostAddress();
            return (network.length == 4 ? literal : literal.replaceFirst("(^|:)0(:0)+(:|$)", "::")) + "/" + bits;
        } catch (UnknownHostException impossible) {
            throw new AssertionError(impossible);
        }
    }
}
