package io.adaspec.actors;

import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.scheduler.WaitingQueue;
import java.util.Optional;

/**
 * Decides whether a request is taken. A refusal says which bound it meets, and when a retry helps.
 * Not thread-safe.
 */
final class Admission {
  private final EngineModel model;
  private final WaitingQueue waiting;
  private final DeviceFleet devices;

  Admission(EngineModel model, WaitingQueue waiting, DeviceFleet devices) {
    this.model = model;
    this.waiting = waiting;
    this.devices = devices;
  }

  /** Why the request cannot be taken; empty when it has a place in the queue. */
  Optional<Refusal> refusal(InferenceRequest request) {
    if (devices.allLost()) {
      return Optional.of(Refusals.noDevice());
    }
    if (request.prompt().max() >= model.tokenizer().vocabularySize()) {
      return Optional.of(Refusals.unknownToken(request, model));
    }
    if (request.prompt().size() >= model.contextTokens()) {
      return Optional.of(Refusals.longerThanContext(request, model));
    }
    if (!devices.mayHold(request)) {
      return Optional.of(Refusals.longerThanMemory(request));
    }
    if (waiting.size() >= waiting.maxRequests()
        || waiting.tokens() + request.prompt().size() > waiting.maxTokens()) {
      return Optional.of(Refusals.queueFull(waiting));
    }
    return Optional.empty();
  }
}
