/**
 * The whole engine on one thread in virtual time. Main type: {@link
 * io.adaspec.runtime.simulation.EngineSimulation}; the first file to read. Imported by benchmarks
 * and tests.
 */
@NullMarked
package io.adaspec.runtime.simulation;

import org.jspecify.annotations.NullMarked;
