package io.adaspec.runtime.device.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import io.adaspec.runtime.device.cpu.PairBench.Outcome;
import io.adaspec.runtime.device.cpu.PairBench.Way;
import io.adaspec.runtime.model.LoadedModel;
import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.request.RequestId;
import io.adaspec.runtime.request.SamplingParams;
import io.adaspec.runtime.request.TokenIds;
import io.adaspec.runtime.speculation.DrafterKind;
import io.adaspec.runtime.speculation.PolicySnapshot;
import io.adaspec.runtime.speculation.Verifier;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Losslessness over texts as long as those in which inexact engines drift from plain decoding. */
class LongTextsTest {
  private static final int OUTPUT = 600;

  @TempDir private Path folder;

  @Test
  void longTextsAreThePlainOnes() throws IOException {
    try (LoadedModel target = Pairs.STORYTELLER.target(folder);
        LoadedModel draft = Pairs.STORYTELLER.draft(folder);
        PairBench bench = new PairBench(target, draft, 200)) {
      List<InferenceRequest> requests =
          List.of(
              request(target, 0, SamplingParams.greedy()),
              request(target, 1, SamplingParams.of(0.8f, 42)));
      Map<RequestId, List<Integer>> plain = bench.alone(requests);
      assertThat(plain.values()).allSatisfy(text -> assertThat(text).hasSize(OUTPUT));
      PolicySnapshot policy =
          new PolicySnapshot(1, "fixed:3", DrafterKind.MODEL, 8, Verifier.COUPLED);
      Outcome outcome = bench.run(Way.of(policy, 24), requests);
      assertThat(outcome.outputs).isEqualTo(plain);
      assertThat(outcome.accepted()).isGreaterThan(OUTPUT / 4);
    }
  }

  private static InferenceRequest request(LoadedModel target, int index, SamplingParams sampling) {
    TokenIds prompt =
        TokenIds.of(target.tokenizer().encode(Pairs.OPENINGS.get(index), true, false));
    return InferenceRequest.builder("r" + index, prompt, OUTPUT, index).sampling(sampling).build();
  }
}
