/** Connections to servers: connect, pool per event loop, the client side of HTTP/1. */
@NullMarked
package dev.weir.upstream;

import org.jspecify.annotations.NullMarked;
