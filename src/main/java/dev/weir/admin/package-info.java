/** The admin port: metrics, liveness, readiness. */
@NullMarked
package dev.weir.admin;

import org.jspecify.annotations.NullMarked;
