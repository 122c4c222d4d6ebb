/** Placeholder of the benchmarks module's root package. */
@NullMarked
package io.adaspec.benchmarks;

import org.jspecify.annotations.NullMarked;
