/** Which configuration holds: the file, what the admin API changed of it, and servers that were discovered. */
@NullMarked
package dev.weir.control;

import org.jspecify.annotations.NullMarked;
