/**
 * Who computes what in the next step, and what came of the last one. Main type: {@link
 * io.adaspec.runtime.scheduler.Scheduler}. Imported by simulation and by the actors.
 */
@NullMarked
package io.adaspec.runtime.scheduler;

import org.jspecify.annotations.NullMarked;
