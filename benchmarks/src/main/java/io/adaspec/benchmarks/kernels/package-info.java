/** JMH benchmarks of single kernels. */
@NullMarked
package io.adaspec.benchmarks.kernels;

import org.jspecify.annotations.NullMarked;
