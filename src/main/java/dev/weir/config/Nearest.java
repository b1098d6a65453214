package dev.weir.config;

import java.util.Collection;
import java.util.Locale;

/** Guesses what was meant. */
final class Nearest {
    private Nearest() {}

    /** A hint that names the nearest of the known names when one is near, and all of them when they are few. */
    static String hint(String name, String what, Collection<String> known) {
        String nearest = of(name, known);
        if (!nearest.isEmpty()) {
            return "did you mean '" + nearest + "'?";
        }
        return known.size() > 20 || known.isEmpty() ? "" : "known " + what + ": " + String.join(", ", known);
    }

    /** The nearest name; empty when none is near enough to be what was meant. */
    static String of(String name, Collection<String> known) {
        String plain = plain(name);
        String nearest = "";
        int least = Math.max(1, plain.length() / 3) + 1;
        for (String candidate : known) {
            int distance = distance(plain, plain(candidate));
            if (distance < least) {
                least = distance;
                nearest = candidate;
            }
        }
        return nearest;
    }

    /** camelCase, snake_case and kebab-case are the same mistake. */
    private static String plain(String name) {
        String cut = name.length() > 64 ? name.substring(0, 64) : name;
        return Shapes.kebab(cut).replace('_', '-').toLowerCase(Locale.ROOT);
    }

    /** How many letters must be changed, added, left out or swapped with their neighbour. */
    private static int distance(String a, String b) {
        int[][] rows = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            for (int j = 0; j <= b.length(); j++) {
                rows[i][j] = i == 0 || j == 0 ? i + j : step(rows, a, b, i, j);
            }
        }
        return rows[a.length()][b.length()];
    }

    private static int step(int[][] rows, String a, String b, int i, int j) {
        boolean same = a.charAt(i - 1) == b.charAt(j - 1);
        int least = Math.min(rows[i - 1][j - 1] + (same ? 0 : 1), Math.min(rows[i - 1][j], rows[i][j - 1]) + 1);
        boolean swapped = i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1);
        return swapped ? Math.min(least, rows[i - 2][j - 2] + 1) : least;
    }
}
