/** Tests of the GPU device on an emulated driver. */
@NullMarked
package io.adaspec.gpu;

import org.jspecify.annotations.NullMarked;
