/** The program: command line, one running instance, the snapshot that it publishes. */
@NullMarked
package dev.weir;

import org.jspecify.annotations.NullMarked;
