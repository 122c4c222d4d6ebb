/**
 * Time as an input: clocks that give nanoseconds. Main type: {@link NanoClock}. Imported by whoever
 * owns a clock; pure code takes {@code nowNanos} arguments instead.
 */
@NullMarked
package io.adaspec.runtime.time;

import org.jspecify.annotations.NullMarked;
