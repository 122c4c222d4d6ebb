/**
 * The import rules of the design, as tests. Main type: {@link HouseRules}, which the tests of the
 * other modules use too.
 */
@NullMarked
package io.adaspec.runtime.architecture;

import org.jspecify.annotations.NullMarked;
