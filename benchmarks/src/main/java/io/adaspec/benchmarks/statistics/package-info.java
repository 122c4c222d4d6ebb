/**
 * What measurements allow to be said. Main types: {@link
 * io.adaspec.benchmarks.statistics.Interval}, {@link io.adaspec.benchmarks.statistics.Verdict}.
 * Imported by what writes reports.
 */
@NullMarked
package io.adaspec.benchmarks.statistics;

import org.jspecify.annotations.NullMarked;
