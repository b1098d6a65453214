package dev.weir.http;

/**
 * How large a message head may be.
 *
 * @param lineBytes the start line in bytes, with its line end
 * @param headBytes the whole header section in bytes, with its line ends and the empty line that closes it
 * @param fields the number of field lines
 */
public record HeadLimits(int lineBytes, int headBytes, int fields) {}
