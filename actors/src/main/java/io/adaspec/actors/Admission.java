package io.adaspec.actors;

import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.scheduler.AdmissionControl;
import io.adaspec.runtime.scheduler.AdmissionControl.Admitted;
import io.adaspec.runtime.scheduler.AdmissionControl.Refused;
import io.adaspec.runtime.scheduler.WaitingQueue;
import java.util.Optional;

/**
 * Decides whether a request is taken. A refusal says which bound it meets, how long the request
 * would have waited, and when a retry helps. Not thread-safe.
 */
final class Admission {
  private final EngineDefinition engine;
  private final WaitingQueue waiting;
  private final DeviceFleet devices;
  private final AdmissionControl control;

  Admission(EngineDefinition engine, WaitingQueue waiting, DeviceFleet devices) {
    this.engine = engine;
    this.waiting = waiting;
    this.devices = devices;
    this.control = new AdmissionControl(engine.settings().queue().maxLateness());
  }

  /** Why the request cannot be taken; empty when it has a place in the queue. */
  Optional<Refusal> refusal(InferenceRequest request) {
    EngineModel model = engine.model();
    if (devices.allLost()) {
      return Optional.of(Refusals.noDevice());
    }
    if (request.prompt().max() >= model.tokenizer().vocabularySize()) {
      return Optional.of(Refusals.unknownToken(request, model));
    }
    Optional<Integer> foreign = biasedBeyond(request, model.tokenizer().vocabularySize());
    if (foreign.isPresent()) {
      return Optional.of(Refusals.unknownBias(foreign.get(), model));
    }
    if (request.prompt().size() >= model.contextTokens()) {
      return Optional.of(Refusals.longerThanContext(request, model));
    }
    if (!devices.mayHold(request)) {
      return Optional.of(Refusals.longerThanMemory(request));
    }
    InferenceRequest complete = engine.settings().levels().complete(request);
    return switch (control.judge(complete, waiting, devices.outlooks(request))) {
      case Admitted admitted -> Optional.empty();
      case Refused refused -> refusal(request, refused);
    };
  }

  private static Optional<Integer> biasedBeyond(InferenceRequest request, int vocabulary) {
    return request.sampling().penalties().logitBias().keySet().stream()
        .filter(token -> token >= vocabulary)
        .max(Integer::compare);
  }

  private Optional<Refusal> refusal(InferenceRequest request, Refused refused) {
    return switch (refused.reason()) {
      case TOO_LONG -> Optional.of(Refusals.longerThanMemory(request));
      case QUEUE_FULL -> Optional.of(Refusals.queueFull(waiting, refused));
      case TOO_LATE ->
          request.slo().hasTtft()
              ? Optional.of(Refusals.tooLate(request, refused))
              : Optional.empty();
    };
  }
}
