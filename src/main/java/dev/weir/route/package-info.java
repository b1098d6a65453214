/** The compiled route table: host, path, method and headers to a route. */
@NullMarked
package dev.weir.route;

import org.jspecify.annotations.NullMarked;
