package dev.weir;

import dev.weir.admin.AdminView;

/** Has a new process take the place of this one. */
@FunctionalInterface
interface Upgrading {
    /** Returns the number of the process that serves now. Blocks. */
    long upgrade() throws AdminView.UpgradeFailed;
}
