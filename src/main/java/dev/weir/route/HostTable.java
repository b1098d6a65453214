package dev.weir.route;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;

/**
 * Finds the routes of a host by the bytes of its name, whatever their case. The hash runs from the end of the name to its
 * start, so that one pass over a name gives the hash of each domain that it is in. Immutable.
 */
final class HostTable {
    private static final class Entry {
        final byte[] name;
        final int hash;
        final PathIndex routes;

        Entry(byte[] name, int hash, PathIndex routes) {
            this.name = name;
            this.hash = hash;
            this.routes = routes;
        }
    }

    /** The bit in which a small letter differs from a capital one. */
    private static final int CASE = 0x20;

    private static final Entry EMPTY = new Entry(new byte[0], 0, PathIndex.EMPTY);

    /** Open addressing; its length is a power of two and at most half of it is filled. */
    private final Entry[] entries;

    private final boolean isEmpty;

    private HostTable(int size) {
        entries = new Entry[Integer.highestOneBit(Math.max(1, size)) * 4];
        Arrays.fill(entries, EMPTY);
        isEmpty = size == 0;
    }

    /** The keys are names in lower case. */
    static HostTable of(Map<String, PathIndex.Builder> groups) {
        HostTable table = new HostTable(groups.size());
        groups.forEach((name, routes) -> table.put(name.getBytes(StandardCharsets.UTF_8), routes.build()));
        return table;
    }

    boolean isEmpty() {
        return isEmpty;
    }

    /** The hash of a name, whatever its case, given that of what follows its first byte; the hash of nothing is 0. */
    static int hash(int hashBehind, byte first) {
        return 31 * hashBehind + (first | CASE);
    }

    /** The routes of the host or domain in that range, or those of none. */
    PathIndex find(byte[] bytes, int from, int to, int hash) {
        int at = slot(hash);
        while (entries[at] != EMPTY) {
            Entry entry = entries[at];
            if (entry.hash == hash && spells(bytes, from, to, entry.name)) {
                return entry.routes;
            }
            at = (at + 1) & (entries.length - 1);
        }
        return PathIndex.EMPTY;
    }

    private void put(byte[] name, PathIndex routes) {
        int hash = 0;
        for (int i = name.length - 1; i >= 0; i--) {
            hash = hash(hash, name[i]);
        }
        int at = slot(hash);
        while (entries[at] != EMPTY) {
            at = (at + 1) & (entries.length - 1);
        }
        entries[at] = new Entry(name, hash, routes);
    }

    private int slot(int hash) {
        return (hash ^ (hash >>> 15)) & (entries.length - 1);
    }

    private static boolean spells(byte[] bytes, int from, int to, byte[] lowerCase) {
        if (to - from != lowerCase.length) {
            return false;
        }
        for (int i = 0; i < lowerCase.length; i++) {
            byte octet = bytes[from + i];
            if (octet != lowerCase[i] && lower(octet) != lowerCase[i]) {
                return false;
            }
        }
        return true;
    }

    private static int lower(byte octet) {
        return octet >= 'A' && octet <= 'Z' ? octet | CASE : octet;
    }
}
