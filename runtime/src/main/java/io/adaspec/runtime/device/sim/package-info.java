/**
 * A device that computes nothing but behaves like one: deterministic tokens, block-exact KV
 * contents, durations from a roofline. Main type: {@link
 * io.adaspec.runtime.device.sim.SimulatedDevice}. Imported by simulation, tests and benchmarks.
 */
@NullMarked
package io.adaspec.runtime.device.sim;

import org.jspecify.annotations.NullMarked;
