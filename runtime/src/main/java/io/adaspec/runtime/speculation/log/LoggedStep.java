package io.adaspec.runtime.speculation.log;

import io.adaspec.runtime.speculation.StepDecision;
import io.adaspec.runtime.speculation.StepReport;

/**
 * One step of the log.
 *
 * @param device where it ran
 * @param decision what it was decided on
 * @param report what came of it
 */
public record LoggedStep(String device, StepDecision decision, StepReport report) {}
