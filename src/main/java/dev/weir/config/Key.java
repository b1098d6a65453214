package dev.weir.config;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Makes a record component a key of the configuration language. This one annotation is the key's default, its range, its
 * text in the JSON Schema and its entry in the manual; reader, printer, schema and reference page all follow it.
 *
 * <p>The key's name is the component's in kebab-case. Defaults and ranges are written as a user would write them
 * ({@code "10s"}, {@code "32KiB"}). Of a list or a map, {@link #kind} and the like describe the elements, while
 * {@link #min} is the least number of them.
 */
@Target(ElementType.RECORD_COMPONENT)
@Retention(RetentionPolicy.RUNTIME)
@interface Key {
    /** What the key means: one or two full sentences of Markdown. */
    String doc();

    /** The default; empty for an empty text, list or map, and for a section whose keys all have defaults. */
    String def() default "";

    /** Whether the key must be written. A section with such a key is itself absent when it is not written. */
    boolean required() default false;

    /** Whether the section is absent when it is not written, although all its keys have defaults. */
    boolean optional() default false;

    /** The least value allowed, or the least number of elements. */
    String min() default "";

    /** The greatest value allowed. */
    String max() default "";

    /** How a single value is written. */
    Scalar kind() default Scalar.TEXT;

    /** How the names of a map are written. */
    Scalar names() default Scalar.NAME;

    /** A word that may stand in place of a number, with {@link #wordValue} as its value. */
    String word() default "";

    /** The number that {@link #word} stands for. */
    long wordValue() default 0;
}
