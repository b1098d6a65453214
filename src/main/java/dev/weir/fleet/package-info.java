/** Several Weirs on one configuration in etcd: what they run, what the admin API changed, and who there is. */
@NullMarked
package dev.weir.fleet;

import org.jspecify.annotations.NullMarked;
