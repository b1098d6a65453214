/** A client of etcd: keys, leases, compare-and-swap, and mirrors of what is below a prefix. */
@NullMarked
package dev.weir.etcd;

import org.jspecify.annotations.NullMarked;
