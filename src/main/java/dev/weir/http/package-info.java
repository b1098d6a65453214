/** Bytes to HTTP/1 heads and body framing and back; header rules. No channels, no input or output. */
@NullMarked
package dev.weir.http;

import org.jspecify.annotations.NullMarked;
