package dev.weir.config;

import java.time.Duration;

/** Numbers, sizes in bytes and durations as text: an integer and, where there is one, its unit right behind it. */
final class Quantity {
    private static final String NUMBER_TOO_LARGE = "the number is too large";

    private Quantity() {}

    static long parseInteger(String text) {
        boolean negative = text.startsWith("-");
        long number = digits(negative ? text.substring(1) : text);
        return negative ? -number : number;
    }

    static long parseSize(String text) {
        int digits = countDigits(text);
        long unit = switch (text.substring(digits)) {
            case "", "B" -> 1L;
            case "KiB" -> 1L << 10;
            case "MiB" -> 1L << 20;
            case "GiB" -> 1L << 30;
            default -> throw new IllegalArgumentException(digits == 0 ? "" : "the units are B, KiB, MiB and GiB");
        };
        return times(digits(text.substring(0, digits)), unit);
    }

    /** In the largest unit that leaves a whole number. */
    static String printSize(long bytes) {
        if (bytes == 0 || (bytes & 1023) != 0) {
            return Long.toString(bytes);
        }
        if ((bytes & ((1 << 20) - 1)) != 0) {
            return (bytes >> 10) + "KiB";
        }
        return (bytes & ((1 << 30) - 1)) != 0 ? (bytes >> 20) + "MiB" : (bytes >> 30) + "GiB";
    }

    static Duration parseDuration(String text) {
        int digits = countDigits(text);
        long millis = switch (text.substring(digits)) {
            case "ms" -> 1L;
            case "s" -> 1000L;
            case "m" -> 60_000L;
            case "h" -> 3_600_000L;
            case "" -> throw new IllegalArgumentException(digits == 0 ? "" : "the unit is missing");
            default -> throw new IllegalArgumentException(digits == 0 ? "" : "the units are ms, s, m and h");
        };
        return Duration.ofMillis(times(digits(text.substring(0, digits)), millis));
    }

    /** In the largest unit that leaves a whole number; what is below a millisecond is not configurable. */
    static String printDuration(Duration duration) {
        long millis = duration.toMillis();
        if (millis % 1000 != 0) {
            return millis + "ms";
        }
        if (millis == 0 || millis % 60_000 != 0) {
            return millis / 1000 + "s";
        }
        return millis % 3_600_000 != 0 ? millis / 60_000 + "m" : millis / 3_600_000 + "h";
    }

    private static int countDigits(String text) {
        int count = 0;
        while (count < text.length() && isDigit(text.charAt(count))) {
            count++;
        }
        return count;
    }

    private static long digits(String text) {
        if (text.isEmpty() || countDigits(text) != text.length()) {
            throw new IllegalArgumentException("");
        }
        if (text.length() > 1 && text.charAt(0) == '0') {
            throw new IllegalArgumentException("a number does not begin with 0");
        }
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException tooLarge) {
            throw new IllegalArgumentException(NUMBER_TOO_LARGE, tooLarge);
        }
    }

    private static long times(long number, long unit) {
        try {
            return Math.multiplyExact(number, unit);
        } catch (ArithmeticException tooLarge) {
            throw new IllegalArgumentException(NUMBER_TOO_LARGE, tooLarge);
        }
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }
}
