/**
 * Applications that embed the engine; the README shows parts of them, and the tests run them. Main
 * type: {@link EmbeddedEngine}. Imported by nobody.
 */
@NullMarked
package io.adaspec.examples;

import org.jspecify.annotations.NullMarked;
