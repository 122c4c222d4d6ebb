/**
 * Pure decisions about speculation: strategies, cost models, survival. Main type: {@link
 * SpeculationStrategy}. Sees numbers, returns numbers.
 */
@NullMarked
package io.adaspec.runtime.speculation;

import org.jspecify.annotations.NullMarked;
