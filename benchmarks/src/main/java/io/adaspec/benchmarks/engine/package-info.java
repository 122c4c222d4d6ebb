/**
 * The engine as a whole: what its actors cost, and whether it stays sound under hours of random
 * use. Main types: {@link io.adaspec.benchmarks.engine.ActorPathCommand}, {@link
 * io.adaspec.benchmarks.engine.SoakCommand}.
 */
@NullMarked
package io.adaspec.benchmarks.engine;

import org.jspecify.annotations.NullMarked;
