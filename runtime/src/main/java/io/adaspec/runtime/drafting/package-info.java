/**
 * Where draft tokens come from. Main type: {@link Drafter}. Knows a step's work, never its policy.
 * Imported by device.
 */
@NullMarked
package io.adaspec.runtime.drafting;

import org.jspecify.annotations.NullMarked;
