/**
 * What speculation gains on the real engine, and what deciding about it costs. Main types: {@link
 * io.adaspec.benchmarks.speculation.PolicyComparison}, {@link
 * io.adaspec.benchmarks.speculation.ControlBenchmark}.
 */
@NullMarked
package io.adaspec.benchmarks.speculation;

import org.jspecify.annotations.NullMarked;
