package io.adaspec.api.metrics;

import io.adaspec.runtime.speculation.StepReport;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;

/** What the target passes of steps are spent on. Thread-safe. */
final class StepMeters {
  private final DistributionSummary prefill;
  private final DistributionSummary decode;
  private final DistributionSummary draft;

  StepMeters(MeterRegistry registry, Tags tags) {
    prefill = rows(registry, tags.and("kind", "prefill"));
    decode = rows(registry, tags.and("kind", "decode"));
    draft = rows(registry, tags.and("kind", "draft"));
  }

  private static DistributionSummary rows(MeterRegistry registry, Tags tags) {
    return DistributionSummary.builder("adaspec_step_rows")
        .tags(tags)
        .description("Rows of a step's target pass: of prompts, of decodes, of draft tokens")
        .serviceLevelObjectives(0.5, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048)
        .register(registry);
  }

  void record(StepReport report) {
    int verified = report.verifiedTokens();
    prefill.record(report.prefillRows());
    decode.record(report.targetRows() - report.prefillRows() - verified);
    draft.record(verified);
  }
}
