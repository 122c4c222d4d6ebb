package io.adaspec.actors;

import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.request.ServiceClass;
import io.adaspec.runtime.speculation.PolicySnapshot;
import io.adaspec.runtime.speculation.StepDecision;
import io.adaspec.runtime.speculation.StepReport;

/**
 * Hears what the engine does, for metrics and logs. Called from actor threads: implementations are
 * thread-safe, do not block and do not throw. Every method does nothing unless overridden.
 */
public interface EngineObserver {
  /** A request was taken; it runs or waits. */
  default void requestAccepted(InferenceRequest request) {}

  /** A request was not taken. */
  default void requestRefused(InferenceRequest request, Refusal refusal) {}

  /** A request ended; also when it was cancelled or failed. */
  default void requestFinished(GenerationSummary summary) {}

  /** Output reached the stream of a request; {@code tokens} of it at once. */
  default void tokensDelivered(int tokens) {}

  /**
   * A step gave a request output that is not its first.
   *
   * @param serviceClass of the request
   * @param gapNanos from the commit of the step before that gave it output to the commit of this
   *     one, pauses for its consumer included; tokens of one step come together
   */
  default void tokensFollowed(ServiceClass serviceClass, long gapNanos) {}

  /**
   * A device finished a step.
   *
   * @param device its name
   * @param report the step in numbers
   */
  default void stepCompleted(String device, StepReport report) {}

  /** The same step with what it was decided on, to be logged and explained. */
  default void stepDecided(String device, StepDecision decision, StepReport report) {}

  /** A device failed or became ready again. */
  default void deviceChanged(EngineStatus.DeviceStatus device) {}

  /** Another policy is in force. */
  default void policyChanged(PolicySnapshot policy) {}

  /** A request was paused because its consumer did not keep up. */
  default void requestPaused() {}

  /** A paused request goes on. */
  default void requestResumed() {}
}
