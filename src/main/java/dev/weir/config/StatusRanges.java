package dev.weir.config;

import java.util.BitSet;

/** Status codes as a user writes them: numbers and ranges, as in {@code 200-299,404}. Immutable. */
public final class StatusRanges {
    private static final int LEAST = 100;
    private static final int MOST = 599;

    private final String text;
    private final BitSet codes;

    private StatusRanges(String text, BitSet codes) {
        this.text = text;
        this.codes = codes;
    }

    /**
     * Reads them.
     *
     * @throws IllegalArgumentException with a clause for the user, or an empty message
     */
    public static StatusRanges parse(String text) {
        BitSet codes = new BitSet();
        for (String part : text.split(",", -1)) {
            String[] ends = part.trim().split("-", -1);
            if (ends.length > 2) {
                throw new IllegalArgumentException("");
            }
            int from = code(ends[0]);
            int to = code(ends[ends.length - 1]);
            if (from > to) {
                throw new IllegalArgumentException("the range " + part.trim() + " is empty");
            }
            codes.set(from, to + 1);
        }
        return new StatusRanges(text.replace(" ", ""), codes);
    }

    private static int code(String text) {
        if (text.length() != 3 || !text.chars().allMatch(c -> c >= '0' && c <= '9')) {
            throw new IllegalArgumentException("");
        }
        int code = Integer.parseInt(text);
        if (code < LEAST || code > MOST) {
            throw new IllegalArgumentException("status codes are " + LEAST + " to " + MOST);
        }
        return code;
    }

    public boolean contains(int status) {
        return codes.get(status);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof StatusRanges ranges && text.equals(ranges.text);
    }

    @Override
    public int hashCode() {
        return text.hashCode();
    }

    @Override
    public String toString() {
        return text;
    }
}
