/**
 * Models of realistic shape with random weights, for measurements that need no download. Main type:
 * {@link io.adaspec.benchmarks.models.ModelGenerator}.
 */
@NullMarked
package io.adaspec.benchmarks.models;

import org.jspecify.annotations.NullMarked;
