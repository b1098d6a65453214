package dev.weir.config;

import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.nodes.Node;

/**
 * A place in the file.
 *
 * @param path as in {@link ConfigProblem}
 * @param line from 1; 0 for the file itself
 * @param column from 1; 0 for the file itself
 */
record Place(String path, int line, int column) {
    static Place of(String path, Node node) {
        return of(path, node.getStartMark().orElseThrow());
    }

    static Place of(String path, Mark mark) {
        return new Place(path, mark.getLine() + 1, mark.getColumn() + 1);
    }

    /** The place behind the last character of {@code text}. */
    static Place atEnd(String text) {
        int lines = (int) text.chars().filter(c -> c == '\n').count();
        int lineStart = text.lastIndexOf('\n') + 1;
        return new Place("", lines + 1, text.codePointCount(lineStart, text.length()) + 1);
    }
}
