/**
 * The experiment of the AdaSpec paper, on simulated devices. Main type: {@link
 * io.adaspec.benchmarks.paper.PaperReplication}. Imported by nobody.
 */
@NullMarked
package io.adaspec.benchmarks.paper;

import org.jspecify.annotations.NullMarked;
