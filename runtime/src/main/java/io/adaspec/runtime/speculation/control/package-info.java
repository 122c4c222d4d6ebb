/**
 * The slow loop: adapts the policy of every service class to load, pace and what drafts really
 * earned, as a fold over steps. Main type: {@code PolicyController}. Imported by simulation and by
 * the actors' supervisor.
 */
@NullMarked
package io.adaspec.runtime.speculation.control;

import org.jspecify.annotations.NullMarked;
