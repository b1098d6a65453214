package dev.weir;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;

/** Rows of a table for a terminal: columns as wide as they need to be. */
final class Table {
    private final List<List<String>> rows = new ArrayList<>();

    Table(String... titles) {
        rows.add(List.of(titles));
    }

    void add(String... cells) {
        rows.add(List.of(cells));
    }

    int size() {
        return rows.size() - 1;
    }

    void print(PrintStream out) {
        lines().forEach(out::println);
    }

    List<String> lines() {
        int[] widths = new int[rows.getFirst().size()];
        for (List<String> row : rows) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        }
        return rows.stream().map(row -> line(row, widths)).toList();
    }

    private static String line(List<String> row, int[] widths) {
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < widths.length; i++) {
            line.append(row.get(i)).repeat(' ', widths[i] + 2 - row.get(i).length());
        }
        return line.toString().stripTrailing();
    }
}
