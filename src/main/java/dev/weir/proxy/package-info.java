/** The life of a request: exchange, attempts, retries, relay, error responses. */
@NullMarked
package dev.weir.proxy;

import org.jspecify.annotations.NullMarked;
