/** What integration tests are made of: a running Weir, raw clients, servers that misbehave as told. */
@NullMarked
package dev.weir.testing;

import org.jspecify.annotations.NullMarked;
