/**
 * The real engine under open-loop load, policy beside policy. Main types: {@link
 * io.adaspec.benchmarks.serving.ServingBenchmark}, {@link
 * io.adaspec.benchmarks.serving.LoadGenerator}. Imported by the command line.
 */
@NullMarked
package io.adaspec.benchmarks.serving;

import org.jspecify.annotations.NullMarked;
