package dev.weir.proxy;

import dev.weir.config.ListenerConfig.Forwarding;

/**
 * What an exchange has to know of the listener that its client connected to. Immutable.
 *
 * @param name the address, as configured
 * @param scheme {@code http} or {@code https}
 * @param redirectPort where all requests are sent to by https instead of being served; 0 for nowhere
 */
public record ListenerInfo(String name, String scheme, Forwarding forwarding, int redirectPort) {}
