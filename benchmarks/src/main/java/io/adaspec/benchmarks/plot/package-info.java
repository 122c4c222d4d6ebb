/**
 * Plots without a library. Main type: {@link io.adaspec.benchmarks.plot.LinePlot}. Imported by what
 * writes reports.
 */
@NullMarked
package io.adaspec.benchmarks.plot;

import org.jspecify.annotations.NullMarked;
