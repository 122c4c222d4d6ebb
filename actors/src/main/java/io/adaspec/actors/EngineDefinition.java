package io.adaspec.actors;

import io.adaspec.runtime.time.NanoClock;
import java.util.List;

/**
 * All that an engine is made of.
 *
 * @param model what it serves
 * @param devices at least one
 * @param settings its numbers
 * @param clock the one clock of all its actors
 * @param observer hears of everything
 */
record EngineDefinition(
    EngineModel model,
    List<DeviceOpener> devices,
    EngineSettings settings,
    NanoClock clock,
    EngineObserver observer) {
  EngineDefinition {
    devices = List.copyOf(devices);
    if (devices.isEmpty()) {
      throw new IllegalArgumentException(
          "the engine for " + model.name() + " has no device; add one, for example cpu");
    }
  }
}
