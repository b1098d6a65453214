/** HTTP/2 heads to and from heads; what both sides of HTTP/2 share. */
@NullMarked
package dev.weir.http2;

import org.jspecify.annotations.NullMarked;
