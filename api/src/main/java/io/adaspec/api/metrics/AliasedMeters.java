package io.adaspec.api.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.function.ToDoubleFunction;

/** Meters under our own name and under the one that dashboards for vLLM read. */
final class AliasedMeters {
  private static final String OWN = "adaspec_";
  private static final String ALIAS = "vllm:";

  private AliasedMeters() {}

  /** What stands before the name proper. */
  static String prefix(String name) {
    return name.startsWith(OWN) ? OWN : ALIAS;
  }

  /** A counter under both names. */
  static Counter counter(MeterRegistry registry, String name, String description, Tags tags) {
    Counter own = ownCounter(registry, name, description, tags);
    FunctionCounter.builder(ALIAS + name, own, Counter::count)
        .tags(tags)
        .description(description)
        .register(registry);
    return own;
  }

  /** A counter under our name. */
  static Counter ownCounter(MeterRegistry registry, String name, String description, Tags tags) {
    return Counter.builder(OWN + name).tags(tags).description(description).register(registry);
  }

  /** A gauge under both names. */
  static <T> void gauge(
      MeterRegistry registry,
      String name,
      String description,
      Tags tags,
      T state,
      ToDoubleFunction<T> value) {
    ownGauge(registry, name, description, tags, state, value);
    Gauge.builder(ALIAS + name, state, value)
        .tags(tags)
        .description(description)
        .register(registry);
  }

  /** A gauge under our name. */
  static <T> void ownGauge(
      MeterRegistry registry,
      String name,
      String description,
      Tags tags,
      T state,
      ToDoubleFunction<T> value) {
    Gauge.builder(OWN + name, state, value).tags(tags).description(description).register(registry);
  }
}
