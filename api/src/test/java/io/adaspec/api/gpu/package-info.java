/** The engine on several emulated GPUs. */
@NullMarked
package io.adaspec.api.gpu;

import org.jspecify.annotations.NullMarked;
