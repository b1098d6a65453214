/** Causes, counters, histograms, the access log and their exposition. */
@NullMarked
package dev.weir.observe;

import org.jspecify.annotations.NullMarked;
