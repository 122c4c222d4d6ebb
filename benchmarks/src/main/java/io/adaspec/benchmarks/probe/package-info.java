/**
 * What the machine itself can do: memory and multiply-add rates that other results are related to.
 * Main type: {@link io.adaspec.benchmarks.probe.MachineProbe}.
 */
@NullMarked
package io.adaspec.benchmarks.probe;

import org.jspecify.annotations.NullMarked;
