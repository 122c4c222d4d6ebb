/** The import rules of the design for this module, as tests. */
@NullMarked
package io.adaspec.api.architecture;

import org.jspecify.annotations.NullMarked;
