package io.adaspec.runtime.device.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.adaspec.runtime.device.RaggedByConfidence;
import io.adaspec.runtime.device.ReadingLate;
import io.adaspec.runtime.device.cpu.PairBench.Outcome;
import io.adaspec.runtime.device.cpu.PairBench.Way;
import io.adaspec.runtime.model.LoadedModel;
import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.request.RequestId;
import io.adaspec.runtime.request.SpeculationPreference;
import io.adaspec.runtime.request.SpeculationPreference.Mode;
import io.adaspec.runtime.speculation.DrafterKind;
import io.adaspec.runtime.speculation.PolicySnapshot;
import io.adaspec.runtime.speculation.StepReport;
import io.adaspec.runtime.speculation.Strategies;
import io.adaspec.runtime.speculation.Verifier;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The promise of losslessness on the real engine: a request's text is what plain decoding of this
 * request alone gives, token for token, greedy and sampled.
 */
class LosslessSpeculationTest {
  private static final List<String> STRATEGIES =
      Strategies.FORMS.stream()
          .map(form -> form.replace(":K", ":4").replace(":P", ":0.4"))
          .toList();
  private static final int OUTPUT = 24;
  private static final int ROOMY = 200;

  @TempDir private Path folder;

  private static PolicySnapshot policy(long version, String strategy, DrafterKind drafter) {
    return new PolicySnapshot(version, strategy, drafter, 8, Verifier.COUPLED);
  }

  @ParameterizedTest
  @EnumSource(Pairs.class)
  void everyStrategyWithEveryDrafterGivesThePlainTexts(Pairs pair) throws IOException {
    try (LoadedModel target = pair.target(folder);
        LoadedModel draft = pair.draft(folder);
        PairBench bench = new PairBench(target, draft, ROOMY)) {
      List<InferenceRequest> requests = pair.requests(target, OUTPUT);
      Map<RequestId, List<Integer>> plain = bench.alone(requests);
      int stepTokens = 12;
      for (String strategy : STRATEGIES) {
        stepTokens = stepTokens == 192 ? 12 : stepTokens * 2;
        for (DrafterKind drafter : List.of(DrafterKind.MODEL, DrafterKind.NGRAM)) {
          PolicySnapshot policy = policy(1, strategy, drafter);
          Outcome outcome = bench.run(Way.of(policy, stepTokens), requests);
          assertThat(outcome.outputs).as("%s with %s", strategy, drafter).isEqualTo(plain);
          assertThat(outcome.drafted() > 0)
              .as("%s with %s drafts", strategy, drafter)
              .isEqualTo(!strategy.equals("off"));
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Pairs.class)
  void strategiesSwitchedInMidRequestPreemptionAndRaggedDraftsChangeNoText(Pairs pair)
      throws IOException {
    try (LoadedModel target = pair.target(folder);
        LoadedModel draft = pair.draft(folder);
        PairBench bench = new PairBench(target, draft, 8)) {
      List<InferenceRequest> requests = pair.requests(target, OUTPUT);
      Map<RequestId, List<Integer>> plain = bench.alone(requests);
      int preemptions = 0;
      for (int seed = 0; seed < 3; seed++) {
        SplittableRandom random = new SplittableRandom(seed);
        Way way =
            new Way(
                step -> policy(step, STRATEGIES.get(random.nextInt(9)), drafterOf(step)),
                (snapshot, learned) ->
                    switch ((int) (snapshot.version() % 4)) {
                      case 3 -> new RaggedByConfidence(0.2f, 0.3f, DrafterKind.values());
                      case 1 -> new ReadingLate(Strategies.of(snapshot, learned), 7);
                      default -> Strategies.of(snapshot, learned);
                    },
                Way.limits(12 + 9 * seed),
                3 * seed);
        Outcome outcome = bench.run(way, requests);
        assertThat(outcome.outputs).as("seed %s", seed).isEqualTo(plain);
        assertThat(outcome.accepted()).isPositive();
        preemptions += outcome.preemptions();
      }
      assertThat(preemptions).isPositive();
    }
  }

  /** The target is its own draft model, so every draft block can be a target block. */
  @ParameterizedTest
  @EnumSource(Pairs.class)
  void draftMemoryThatServesTheTargetAndComesBackChangesNoText(Pairs pair) throws IOException {
    try (LoadedModel target = pair.target(folder);
        PairBench bench = new PairBench(target, target, 8)) {
      List<InferenceRequest> requests = pair.requests(target, OUTPUT);
      Map<RequestId, List<Integer>> plain = bench.alone(requests);
      String[] strategies = {"off", "fixed:3", "slo"};
      Way way = Way.of(step -> policy(step, strategies[step / 16 % 3], DrafterKind.MODEL), 48);
      Outcome outcome = bench.run(way, requests);
      assertThat(outcome.outputs).isEqualTo(plain);
      assertThat(outcome.accepted()).isPositive();
      assertThat(outcome.mostLentBlocks).isPositive();
    }
  }

  private static DrafterKind drafterOf(int step) {
    return step % 3 == 0 ? DrafterKind.NGRAM : DrafterKind.MODEL;
  }

  @Test
  void requestsSpeculateOnlyAsMuchAsTheyWish() throws IOException {
    try (LoadedModel target = Pairs.TINY.target(folder);
        LoadedModel draft = Pairs.TINY.draft(folder);
        PairBench bench = new PairBench(target, draft, ROOMY)) {
      List<InferenceRequest> same = Pairs.TINY.requests(target, OUTPUT).subList(0, 3);
      List<InferenceRequest> wishing =
          List.of(
              wishing(same.get(0), SpeculationPreference.off()),
              wishing(same.get(1), new SpeculationPreference(Mode.AUTO, 2)),
              wishing(same.get(2), SpeculationPreference.auto()));
      Way way = Way.of(policy(1, "fixed:5", DrafterKind.MODEL), 256);
      Outcome outcome = bench.run(way, wishing);
      assertThat(outcome.outputs).isEqualTo(bench.alone(same));
      assertThat(longestDraft(outcome, 0)).isZero();
      assertThat(longestDraft(outcome, 1)).isEqualTo(2);
      assertThat(longestDraft(outcome, 2)).isEqualTo(5);
    }
  }

  private static InferenceRequest wishing(InferenceRequest request, SpeculationPreference wish) {
    return InferenceRequest.builder(
            request.id().value(),
            request.prompt(),
            request.maxOutputTokens(),
            request.arrivalNanos())
        .sampling(request.sampling())
        .speculation(wish)
        .build();
  }

  private static int longestDraft(Outcome outcome, long sequence) {
    return outcome.reports.stream()
        .flatMap(report -> report.sequences().stream())
        .filter(each -> each.sequence() == sequence)
        .mapToInt(StepReport.Drafted::drafted)
        .max()
        .orElseThrow();
  }

  @Test
  void rejectionSamplingIsRefusedForEveryStrategyThatSelectsByConfidence() throws IOException {
    try (LoadedModel target = Pairs.TINY.target(folder);
        LoadedModel draft = Pairs.TINY.draft(folder);
        PairBench bench = new PairBench(target, draft, ROOMY)) {
      List<InferenceRequest> requests = Pairs.TINY.requests(target, 4);
      for (String strategy : STRATEGIES) {
        Way way =
            Way.of(new PolicySnapshot(1, strategy, DrafterKind.MODEL, 8, Verifier.REJECTION), 256);
        boolean selects = !strategy.matches("off|fixed.*|smartspec.*");
        if (selects) {
          assertThatThrownBy(() -> bench.run(way, requests))
              .as(strategy)
              .isInstanceOf(IllegalArgumentException.class)
              .hasMessageContaining(strategy)
              .hasMessageContaining("biases rejection sampling");
        } else {
          assertThat(bench.run(way, requests).outputs).hasSameSizeAs(requests);
        }
      }
    }
  }
}
