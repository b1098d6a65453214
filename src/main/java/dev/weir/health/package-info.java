/** Whether servers are up: checks that Weir makes by itself, and what follows from them. */
@NullMarked
package dev.weir.health;

import org.jspecify.annotations.NullMarked;
