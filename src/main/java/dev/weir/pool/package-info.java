/** One server with its live load, and an immutable set of servers. */
@NullMarked
package dev.weir.pool;

import org.jspecify.annotations.NullMarked;
