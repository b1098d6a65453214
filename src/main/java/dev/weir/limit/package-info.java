/** How much a server may be given at once. */
@NullMarked
package dev.weir.limit;

import org.jspecify.annotations.NullMarked;
