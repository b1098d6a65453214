/** The configuration language: records, reading with positions, problems, schema and reference page. */
@NullMarked
package dev.weir.config;

import org.jspecify.annotations.NullMarked;
