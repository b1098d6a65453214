/** Where servers come from that the configuration does not list: DNS, files, HTTP endpoints, etcd. */
@NullMarked
package dev.weir.discovery;

import org.jspecify.annotations.NullMarked;
