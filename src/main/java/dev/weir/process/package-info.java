/** Weir as a process: its beginning, its end, and how another takes over from it. Control plane. */
@NullMarked
package dev.weir.process;

import org.jspecify.annotations.NullMarked;
