package dev.weir.health;

/** Why a server should be ejected, as its traffic tells. */
record Signal(Reason reason, String evidence) {}
