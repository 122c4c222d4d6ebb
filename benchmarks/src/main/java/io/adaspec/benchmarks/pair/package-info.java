/**
 * What a pair of models is worth: acceptance by draft length, and greedy text beside another
 * program. Used from the command line alone.
 */
@NullMarked
package io.adaspec.benchmarks.pair;

import org.jspecify.annotations.NullMarked;
