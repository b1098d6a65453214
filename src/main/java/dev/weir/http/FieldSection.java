package dev.weir.http;

/**
 * A section of field lines without a start line, such as trailers that another protocol brought. Reused from section to
 * section; confined to one thread.
 */
public final class FieldSection {
    private final HeadBuffer buffer = new HeadBuffer();
    private final FieldParser fields = new FieldParser();

    /**
     * Reads complete lines and the empty line behind them; what this returned before is no longer valid.
     *
     * @throws ProtocolViolation if a rule is broken or a limit passed
     * @throws IllegalArgumentException if it is not exactly one section
     */
    public Headers read(ByteSink lines, HeadLimits limits) {
        buffer.clear();
        buffer.put(lines.array(), lines.length());
        fields.start(0);
        if (!fields.read(buffer.bytes(), buffer.length(), limits) || fields.end() != buffer.length()) {
            throw new IllegalArgumentException("lines: not exactly one section");
        }
        return fields.headers();
    }
}
