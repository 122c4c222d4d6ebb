package io.adaspec.api.metrics;

import io.adaspec.runtime.request.SpeculationPreference;
import io.adaspec.runtime.speculation.StepReport;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.stream.IntStream;

/** What was drafted, verified and accepted, also by position in the draft. */
final class SpeculationMeters {
  private final Counter drafts;
  private final Counter draftTokens;
  private final Counter verifiedTokens;
  private final Counter acceptedTokens;
  private final Counter[] acceptedAt;
  private final DistributionSummary draftLengths;

  SpeculationMeters(MeterRegistry registry, Tags tags) {
    drafts =
        AliasedMeters.counter(
            registry, "spec_decode_num_drafts", "Drafts of one sequence in one step", tags);
    draftTokens =
        AliasedMeters.counter(registry, "spec_decode_num_draft_tokens", "Draft tokens", tags);
    verifiedTokens =
        AliasedMeters.ownCounter(
            registry, "spec_decode_num_verified_tokens", "Draft tokens verified", tags);
    acceptedTokens =
        AliasedMeters.counter(
            registry, "spec_decode_num_accepted_tokens", "Draft tokens accepted", tags);
    acceptedAt =
        IntStream.range(0, SpeculationPreference.MAX)
            .mapToObj(
                position ->
                    AliasedMeters.counter(
                        registry,
                        "spec_decode_num_accepted_tokens_per_pos",
                        "Draft tokens accepted, by position in the draft",
                        tags.and("position", Integer.toString(position))))
            .toArray(Counter[]::new);
    draftLengths =
        DistributionSummary.builder("adaspec_draft_length")
            .tags(tags)
            .description("Draft tokens of one sequence in one step")
            .serviceLevelObjectives(0.5, 1, 2, 3, 4, 6, 8, 12, 16)
            .register(registry);
  }

  void record(StepReport report) {
    for (StepReport.Drafted sequence : report.sequences()) {
      draftLengths.record(sequence.drafted());
      if (sequence.drafted() == 0) {
        continue;
      }
      drafts.increment();
      draftTokens.increment(sequence.drafted());
      verifiedTokens.increment(sequence.verified());
      acceptedTokens.increment(sequence.accepted());
      for (int i = 0; i < Math.min(sequence.accepted(), acceptedAt.length); i++) {
        acceptedAt[i].increment();
      }
    }
  }
}
