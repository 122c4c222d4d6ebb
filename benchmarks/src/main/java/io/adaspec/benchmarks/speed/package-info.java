/**
 * Speed of the CPU device and of java-llama.cpp on the same files in the same run. Main type:
 * {@link io.adaspec.benchmarks.speed.SpeedCommand}.
 */
@NullMarked
package io.adaspec.benchmarks.speed;

import org.jspecify.annotations.NullMarked;
