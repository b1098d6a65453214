/** Which servers are online: checks, failures of traffic, one verdict for each server, and what follows from it. */
@NullMarked
package dev.weir.health;

import org.jspecify.annotations.NullMarked;
