/**
 * What one device does in one step, and what came of it. Main types: {@link StepPlan}, {@link
 * StepResult}. The border between scheduler and device.
 */
@NullMarked
package io.adaspec.runtime.step;

import org.jspecify.annotations.NullMarked;
