/**
 * The experiment of the AdaSpec paper, on simulated devices. Main type: {@code PaperReplication}.
 * Imported by the command line.
 */
@NullMarked
package io.adaspec.benchmarks.paper;

import org.jspecify.annotations.NullMarked;
