/** Weir between programs that others have written, in every pairing of protocols. */
@NullMarked
package dev.weir.protocols;

import org.jspecify.annotations.NullMarked;
