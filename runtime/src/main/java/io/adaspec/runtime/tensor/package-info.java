/**
 * Arithmetic on arrays and memory segments: weight formats and kernels. Main type: {@code Kernels}.
 * Imports nothing of the engine.
 */
@NullMarked
package io.adaspec.runtime.tensor;

import org.jspecify.annotations.NullMarked;
