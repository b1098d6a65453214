/** Listeners and the server side of HTTP/1. */
@NullMarked
package dev.weir.downstream;

import org.jspecify.annotations.NullMarked;
