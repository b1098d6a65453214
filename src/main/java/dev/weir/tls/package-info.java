/** TLS with clients and with servers: keys and certificates, who is shown which, and their renewal while Weir runs. */
@NullMarked
package dev.weir.tls;

import org.jspecify.annotations.NullMarked;
