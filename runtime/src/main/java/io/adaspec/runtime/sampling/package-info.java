/**
 * Choosing tokens from logits, and accepting drafted ones. Main types: {@link TokenSampler}, {@link
 * CounterRng}. Pure functions of logits, parameters, seed and position. Imported by model runners,
 * drafting and device.
 */
@NullMarked
package io.adaspec.runtime.sampling;

import org.jspecify.annotations.NullMarked;
