package io.adaspec.api.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.concurrent.atomic.AtomicBoolean;

/** Counts changes between plain and speculative steps. Begins plain. Thread-safe. */
final class ModeSwitches {
  private final Counter toPlain;
  private final Counter toSpeculative;
  private final AtomicBoolean speculative = new AtomicBoolean();

  /** Several with the same name and tags add to the same counters. */
  ModeSwitches(MeterRegistry registry, String name, Tags tags) {
    String description = "Changes between plain and speculative steps";
    toPlain = AliasedMeters.ownCounter(registry, name, description, tags.and("to", "plain"));
    toSpeculative =
        AliasedMeters.ownCounter(registry, name, description, tags.and("to", "speculative"));
  }

  void record(boolean now) {
    if (speculative.getAndSet(now) != now) {
      (now ? toSpeculative : toPlain).increment();
    }
  }
}
