/** What belongs to one event loop: its clock, its timers, its buffers, its randomness. */
@NullMarked
package dev.weir.loop;

import org.jspecify.annotations.NullMarked;
