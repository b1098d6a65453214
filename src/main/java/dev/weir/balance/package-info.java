/** Policies that choose a server from a set. */
@NullMarked
package dev.weir.balance;

import org.jspecify.annotations.NullMarked;
