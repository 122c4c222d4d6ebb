/** Tests of what metrics say of a given course of things. */
@NullMarked
package io.adaspec.api.metrics;

import org.jspecify.annotations.NullMarked;
