package dev.weir.loop;

/**
 * A listening socket that another process opened and passed to this one.
 *
 * @param descriptor its number here
 * @param kept whether whoever opened it listens on: it and its file stay when Weir stops
 */
public record GivenSocket(int descriptor, boolean kept) {}
