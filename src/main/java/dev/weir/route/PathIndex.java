package dev.weir.route;

import dev.weir.http.RequestHead;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Finds the first of some routes that matches a path: a tree of the literal parts of their patterns, in which one walk
 * along the path meets every route whose pattern matches, and only those are asked for their {@link Conditions}. Immutable.
 */
final class PathIndex {
    static final PathIndex EMPTY = new Builder().build();

    /** A route of the index. */
    private record Candidate(int route, Conditions conditions) {}

    /** The routes of one literal, each list in ascending order. */
    private static final class Literal {
        final List<Candidate> below = new ArrayList<>();
        final List<Candidate> here = new ArrayList<>();
    }

    private static final class Node {
        private static final Candidate[] NO_CANDIDATES = {};

        /** The bytes that lead from the parent to here. */
        final byte[] label;
        /** The routes that match each path that comes by here. */
        final Candidate[] below;
        /** The routes that match the path that ends here. */
        final Candidate[] here;
        /** By the first byte of their labels, beginning with {@link #firstByte}. */
        final @Nullable Node[] children;

        final int firstByte;

        Node(byte[] label, Literal routes, @Nullable Node[] children, int firstByte) {
            this.label = label;
            this.below = routes.below.toArray(NO_CANDIDATES);
            this.here = routes.here.toArray(NO_CANDIDATES);
            this.children = children;
            this.firstByte = firstByte;
        }

        @Nullable Node child(byte octet) {
            int index = octet - firstByte;
            return index >= 0 && index < children.length ? children[index] : null;
        }
    }

    private final Node root;

    private PathIndex(Node root) {
        this.root = root;
    }

    /**
     * The number of the first route that matches the path in that range, in normal form, and the rest of the request.
     *
     * @param bound only a route of a lower number counts; it is returned when there is none
     */
    int first(RequestHead head, byte[] path, int from, int to, int bound) {
        int first = bound;
        int at = from;
        Node node = root;
        while (node != null) {
            int end = at + node.label.length;
            if (end > to || !Arrays.equals(path, at, end, node.label, 0, node.label.length)) {
                return first;
            }
            first = first(node.below, head, first);
            if (end == to) {
                return first(node.here, head, first);
            }
            at = end;
            node = node.child(path[at]);
        }
        return first;
    }

    private static int first(Candidate[] candidates, RequestHead head, int bound) {
        for (Candidate candidate : candidates) {
            if (candidate.route >= bound) {
                return bound;
            }
            if (candidate.conditions.hold(head)) {
                return candidate.route;
            }
        }
        return bound;
    }

    /** Collects routes in ascending order. */
    static final class Builder {
        /** By the literal, read as ISO-8859-1 so that text sorts and splits as its bytes do. */
        private final TreeMap<String, Literal> literals = new TreeMap<>();

        void add(String pattern, int route, Conditions conditions) {
            Candidate candidate = new Candidate(route, conditions);
            if (!pattern.isEmpty() && !pattern.endsWith("*")) {
                literal(text(NormalPath.of(pattern))).here.add(candidate);
                return;
            }
            String prefix = normalPrefix(pattern);
            boolean everything = prefix.isEmpty() || prefix.equals("/");
            literal(everything ? "" : prefix).below.add(candidate);
            if (!everything && prefix.endsWith("/")) {
                literal(prefix.substring(0, prefix.length() - 1)).here.add(candidate);
            }
        }

        PathIndex build() {
            return new PathIndex(node(List.copyOf(literals.keySet()), 0));
        }

        private Literal literal(String text) {
            return literals.computeIfAbsent(text, _ -> new Literal());
        }

        /**
         * The normal form of what stands before the star. It breaks off in the middle of a segment, so dots at its end
         * are no dot segment: a letter set in place of the star says so.
         */
        private static String normalPrefix(String pattern) {
            if (pattern.isEmpty()) {
                return "";
            }
            String normal = text(NormalPath.of(pattern.substring(0, pattern.length() - 1) + "x"));
            return normal.substring(0, normal.length() - 1);
        }

        /** The tree of literals that agree up to {@code depth}, in their order. */
        private Node node(List<String> sorted, int depth) {
            int end = sorted.isEmpty() ? depth : commonLength(sorted.getFirst(), sorted.getLast());
            boolean endsHere = !sorted.isEmpty() && sorted.getFirst().length() == end;
            List<String> deeper = endsHere ? sorted.subList(1, sorted.size()) : sorted;
            String label = sorted.isEmpty() ? "" : sorted.getFirst().substring(depth, end);
            Literal routes = endsHere ? literal(sorted.getFirst()) : new Literal();
            int firstByte = deeper.isEmpty() ? 0 : deeper.getFirst().charAt(end);
            int span = deeper.isEmpty() ? 0 : deeper.getLast().charAt(end) - firstByte + 1;
            @Nullable Node[] children = new @Nullable Node[span];
            for (int from = 0, to = 0; from < deeper.size(); from = to) {
                char next = deeper.get(from).charAt(end);
                while (to < deeper.size() && deeper.get(to).charAt(end) == next) {
                    to++;
                }
                children[next - firstByte] = node(deeper.subList(from, to), end);
            }
            return new Node(label.getBytes(StandardCharsets.ISO_8859_1), routes, children, firstByte);
        }

        private static int commonLength(String a, String b) {
            int length = 0;
            while (length < a.length() && length < b.length() && a.charAt(length) == b.charAt(length)) {
                length++;
            }
            return length;
        }

        private static String text(byte[] bytes) {
            return new String(bytes, StandardCharsets.ISO_8859_1);
        }
    }
}
