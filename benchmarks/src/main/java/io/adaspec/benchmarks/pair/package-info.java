/**
 * What a pair of models is worth: acceptance by draft length, and greedy text beside another
 * program. Used from the command line alone, but for {@link io.adaspec.benchmarks.pair.PairOptions}
 * and the prompts, which other benchmarks take too.
 */
@NullMarked
package io.adaspec.benchmarks.pair;

import org.jspecify.annotations.NullMarked;
