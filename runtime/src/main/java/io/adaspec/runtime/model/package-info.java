/**
 * Model files, configurations, weights and the transformer. Main types: {@link ModelConfig}, {@code
 * ModelRunner}. Imported by drafting, device and above.
 */
@NullMarked
package io.adaspec.runtime.model;

import org.jspecify.annotations.NullMarked;
