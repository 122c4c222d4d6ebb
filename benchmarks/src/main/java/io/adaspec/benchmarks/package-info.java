/**
 * Measurements: generated models, machine probe, device speed beside java-llama.cpp, JMH kernels.
 * Main type: {@link io.adaspec.benchmarks.Benchmarks}. Imported by nobody.
 */
@NullMarked
package io.adaspec.benchmarks;

import org.jspecify.annotations.NullMarked;
