package io.adaspec.api.metrics;

import io.adaspec.runtime.request.ServiceClass;
import io.adaspec.runtime.request.SpeculationPreference;
import io.adaspec.runtime.speculation.BatchView;
import io.adaspec.runtime.speculation.StepDecision;
import io.adaspec.runtime.speculation.StepReport;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

/**
 * What was drafted, verified and accepted, also by position in the draft. As in vLLM and in the
 * usage of answers, a draft token counts as one when a verify pass looks at it.
 */
final class SpeculationMeters {
  private final Counter drafts;
  private final Counter draftTokens;
  private final Counter proposedTokens;
  private final Counter acceptedTokens;
  private final Counter[] acceptedAt;
  private final Counter draftSeconds;
  private final Counter wastedSeconds;
  private final DistributionSummary predictionError;
  private final MeterRegistry registry;
  private final Tags tags;
  private final Map<ServiceClass, ClassMeters> classMeters = new ConcurrentHashMap<>();
  private final Map<String, DeviceSpeculation> byDevice = new ConcurrentHashMap<>();

  SpeculationMeters(MeterRegistry registry, Tags tags) {
    this.registry = registry;
    this.tags = tags;
    drafts =
        AliasedMeters.counter(
            registry, "spec_decode_num_drafts", "Drafts of one sequence verified in a step", tags);
    draftTokens =
        AliasedMeters.counter(
            registry, "spec_decode_num_draft_tokens", "Draft tokens verified", tags);
    proposedTokens =
        AliasedMeters.ownCounter(
            registry, "spec_decode_num_proposed_tokens", "Draft tokens, verified or not", tags);
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
    draftSeconds =
        AliasedMeters.ownCounter(registry, "draft_seconds", "Time spent on drafting", tags);
    wastedSeconds =
        AliasedMeters.ownCounter(
            registry,
            "draft_wasted_seconds",
            "Of that, the share of the draft tokens that were not accepted",
            tags);
    predictionError =
        DistributionSummary.builder("adaspec_step_prediction_error")
            .tags(tags)
            .description("Predicted step time off the measured one, as a share of it")
            .publishPercentiles(0.5, 0.9)
            .register(registry);
  }

  /** Counts one step of a device. */
  void record(String device, StepDecision decision, StepReport report) {
    Map<Long, ServiceClass> classes = new HashMap<>();
    for (BatchView.Entry entry : decision.batch().entries()) {
      classes.put(entry.sequence(), entry.serviceClass());
    }
    Map<ServiceClass, Boolean> speculative = new EnumMap<>(ServiceClass.class);
    for (StepReport.Drafted sequence : report.sequences()) {
      ServiceClass of = classes.getOrDefault(sequence.sequence(), ServiceClass.STANDARD);
      if (sequence.emitted() > 0) {
        byClass(of).record(sequence);
        speculative.merge(of, sequence.drafted() > 0, Boolean::logicalOr);
      }
      count(sequence);
    }
    countTime(report);
    predictionError.record(report.predictionError());
    byDevice
        .computeIfAbsent(device, name -> new DeviceSpeculation(registry, tags, name))
        .record(decision, report, speculative);
  }

  private ClassMeters byClass(ServiceClass serviceClass) {
    return classMeters.computeIfAbsent(
        serviceClass, of -> new ClassMeters(registry, tags.and(EngineMetrics.serviceClass(of))));
  }

  /** Passes that only caught up gave no draft tokens, so their time is not wasted. */
  private void countTime(StepReport report) {
    double seconds = report.draftNanos() / 1e9;
    draftSeconds.increment(seconds);
    int drafted = report.draftedTokens();
    if (drafted > 0) {
      wastedSeconds.increment(seconds * (drafted - report.acceptedTokens()) / drafted);
    }
  }

  private void count(StepReport.Drafted sequence) {
    proposedTokens.increment(sequence.drafted());
    if (sequence.verified() == 0) {
      return;
    }
    drafts.increment();
    draftTokens.increment(sequence.verified());
    acceptedTokens.increment(sequence.accepted());
    for (int i = 0; i < Math.min(sequence.accepted(), acceptedAt.length); i++) {
      acceptedAt[i].increment();
    }
  }

  /** One service class: chosen lengths, and acceptance of the drafts that verification reached. */
  private static final class ClassMeters {
    private final DistributionSummary lengths;
    private final Counter[] reached;
    private final Counter[] accepted;

    ClassMeters(MeterRegistry registry, Tags tags) {
      lengths =
          DistributionSummary.builder("adaspec_draft_length")
              .tags(tags)
              .description("Draft tokens of one sequence in one step")
              .serviceLevelObjectives(0.5, 1, 2, 3, 4, 6, 8, 12, 16)
              .register(registry);
      reached = positions(registry, tags, "draft_tokens_reached", "Draft tokens judged");
      accepted = positions(registry, tags, "draft_tokens_accepted", "Of these, kept");
    }

    private static Counter[] positions(
        MeterRegistry registry, Tags tags, String name, String description) {
      return IntStream.range(0, SpeculationPreference.MAX)
          .mapToObj(
              position ->
                  AliasedMeters.ownCounter(
                      registry,
                      name,
                      description + ", by position in the draft",
                      tags.and("position", Integer.toString(position))))
          .toArray(Counter[]::new);
    }

    void record(StepReport.Drafted sequence) {
      lengths.record(sequence.drafted());
      int judged = Math.min(sequence.verified(), sequence.accepted() + 1);
      for (int i = 0; i < Math.min(judged, reached.length); i++) {
        reached[i].increment();
        if (i < sequence.accepted()) {
          accepted[i].increment();
        }
      }
    }
  }

  /**
   * One device: switches between plain and speculative steps, of all sequences and of those of each
   * class that decode, and what speculation gains.
   */
  private static final class DeviceSpeculation {
    private final ModeSwitches device;
    private final Map<ServiceClass, ModeSwitches> byClass = new EnumMap<>(ServiceClass.class);
    private final AtomicLong gainNanos = new AtomicLong();

    DeviceSpeculation(MeterRegistry registry, Tags tags, String name) {
      device = new ModeSwitches(registry, "mode_switches", tags.and("device", name));
      for (ServiceClass each : ServiceClass.values()) {
        byClass.put(
            each,
            new ModeSwitches(
                registry, "class_mode_switches", tags.and(EngineMetrics.serviceClass(each))));
      }
      Gauge.builder("adaspec_speculation_gain_seconds", gainNanos, nanos -> nanos.get() / 1e9)
          .tags(tags.and("device", name))
          .description("Time gained by speculation against plain decoding, as estimated")
          .register(registry);
    }

    void record(
        StepDecision decision, StepReport report, Map<ServiceClass, Boolean> speculativeByClass) {
      device.record(report.draftedTokens() > 0);
      speculativeByClass.forEach(
          (each, speculative) -> Objects.requireNonNull(byClass.get(each)).record(speculative));
      gainNanos.set((long) decision.gainNanos());
    }
  }
}
