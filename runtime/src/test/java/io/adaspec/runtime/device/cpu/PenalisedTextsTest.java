package io.adaspec.runtime.device.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import io.adaspec.runtime.device.cpu.PairBench.Outcome;
import io.adaspec.runtime.device.cpu.PairBench.Way;
import io.adaspec.runtime.model.LoadedModel;
import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.request.Penalties;
import io.adaspec.runtime.request.RequestId;
import io.adaspec.runtime.request.SamplingParams;
import io.adaspec.runtime.request.TokenIds;
import io.adaspec.runtime.speculation.DrafterKind;
import io.adaspec.runtime.speculation.PolicySnapshot;
import io.adaspec.runtime.speculation.Verifier;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What penalties are for: the bundled model repeats itself without and does not with them. */
class PenalisedTextsTest {
  private static final int OUTPUT = 120;
  private static final int PHRASE = 3;

  @TempDir private Path folder;

  @Test
  void aFrequencyPenaltyEndsRepetitionAndSpeculationChangesNothingAboutIt() throws IOException {
    try (LoadedModel target = Pairs.STORYTELLER.target(folder);
        LoadedModel draft = Pairs.STORYTELLER.draft(folder);
        PairBench bench = new PairBench(target, draft, 100)) {
      int[] prompt = target.tokenizer().encode(Pairs.OPENINGS.getFirst(), true, false);
      List<InferenceRequest> requests =
          List.of(
              request("plain", prompt, SamplingParams.greedy()),
              request(
                  "penalised",
                  prompt,
                  SamplingParams.greedy().with(new Penalties(1, 1.5f, 0, Map.of()))));
      Map<RequestId, List<Integer>> off = bench.alone(requests);

      assertThat(repeatedPhrases(off.getOrDefault(new RequestId("plain"), List.of())))
          .isGreaterThan(5);
      List<Integer> penalised = off.getOrDefault(new RequestId("penalised"), List.of());
      assertThat(penalised).hasSize(OUTPUT);
      assertThat(repeatedPhrases(penalised)).isZero();
      for (String strategy : List.of("fixed:3", "slo")) {
        PolicySnapshot policy =
            new PolicySnapshot(1, strategy, DrafterKind.MODEL, 8, Verifier.COUPLED);
        Outcome outcome = bench.run(Way.of(policy, 192), requests);
        assertThat(outcome.outputs).as(strategy).isEqualTo(off);
        assertThat(outcome.accepted()).as(strategy).isPositive();
      }
    }
  }

  private static InferenceRequest request(String id, int[] prompt, SamplingParams sampling) {
    return InferenceRequest.builder(id, TokenIds.of(prompt), OUTPUT, 0).sampling(sampling).build();
  }

  private static int repeatedPhrases(List<Integer> text) {
    Set<List<Integer>> seen = new HashSet<>();
    int repeated = 0;
    for (int i = 0; i + PHRASE <= text.size(); i++) {
      repeated += seen.add(text.subList(i, i + PHRASE)) ? 0 : 1;
    }
    return repeated;
  }
}
