package dev.weir.config;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** A single value may stand in place of this section: it is the value of the section's first key. */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@interface Shorthand {}
