package dev.weir.etcd;

/**
 * A key and what it holds, as text.
 *
 * @param revision of the store when it was last written
 * @param lease 0 for none
 */
public record KeyValue(String key, String value, long revision, long lease) {}
