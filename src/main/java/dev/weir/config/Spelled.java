package dev.weir.config;

/** A constant of a choice that is not written as its name in kebab-case. */
interface Spelled {
    /** How it is written. */
    String spelling();
}
