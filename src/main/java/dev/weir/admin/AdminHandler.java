package dev.weir.admin;

/** Answers a request that is let in. Called on a virtual thread, several at once; may block. */
@FunctionalInterface
interface AdminHandler {
    AdminResponse answer(AdminRequest request);
}
