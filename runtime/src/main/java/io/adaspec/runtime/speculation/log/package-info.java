/**
 * The decision log: what every step was decided on and what came of it, compact enough to be left
 * on, complete enough to be replayed. Main types: {@link
 * io.adaspec.runtime.speculation.log.DecisionLogWriter}, {@link
 * io.adaspec.runtime.speculation.log.DecisionReplay}.
 */
@NullMarked
package io.adaspec.runtime.speculation.log;

import org.jspecify.annotations.NullMarked;
