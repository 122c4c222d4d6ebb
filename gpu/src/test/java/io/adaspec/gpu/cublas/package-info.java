/** Finding and binding cuBLASLt. */
@NullMarked
package io.adaspec.gpu.cublas;

import org.jspecify.annotations.NullMarked;
