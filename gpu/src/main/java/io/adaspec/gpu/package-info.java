/** Placeholder of the gpu module's root package. */
@NullMarked
package io.adaspec.gpu;

import org.jspecify.annotations.NullMarked;
