package io.adaspec.runtime.device.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import io.adaspec.runtime.device.cpu.PairBench.Outcome;
import io.adaspec.runtime.device.cpu.PairBench.Way;
import io.adaspec.runtime.model.LoadedModel;
import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.request.SamplingParams;
import io.adaspec.runtime.request.TokenIds;
import io.adaspec.runtime.speculation.DrafterKind;
import io.adaspec.runtime.speculation.PolicySnapshot;
import io.adaspec.runtime.speculation.Verifier;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Acceptance of the bundled pair against the figures that its trainer measured, with prompts of 64
 * tokens and 128 tokens of output.
 */
class PairAcceptanceTest {
  private static final int PROMPT = 64;
  private static final int OUTPUT = 128;

  /** Greedy text that runs into a loop, as one of these few may, is easy to draft. */
  private static final double REPETITION = 0.12;

  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({
    "0, 2, 0.754",
    "0, 4, 0.623",
    "0, 8, 0.443",
    "0.8, 2, 0.553",
    "0.8, 4, 0.409",
    "0.8, 8, 0.253",
  })
  void acceptanceIsNearTheFigureOfTheModelCard(float temperature, int k, double documented)
      throws IOException {
    try (LoadedModel target = Pairs.STORYTELLER.target(folder);
        LoadedModel draft = Pairs.STORYTELLER.draft(folder);
        PairBench bench = new PairBench(target, draft, 200)) {
      PolicySnapshot policy =
          new PolicySnapshot(1, "fixed:" + k, DrafterKind.MODEL, k, Verifier.COUPLED);
      Outcome outcome = bench.run(Way.of(policy, 512), requests(target, temperature));
      assertThat((double) outcome.accepted() / outcome.drafted())
          .isBetween(documented - 0.07, documented + (temperature == 0 ? REPETITION : 0.07));
    }
  }

  private static List<InferenceRequest> requests(LoadedModel target, float temperature)
      throws IOException {
    List<InferenceRequest> requests = new ArrayList<>();
    try (InputStream file = PairAcceptanceTest.class.getResourceAsStream("stories.txt")) {
      String stories =
          new String(Objects.requireNonNull(file).readAllBytes(), StandardCharsets.UTF_8);
      for (String story : stories.lines().toList()) {
        int[] tokens = target.tokenizer().encode(story, true, false);
        TokenIds prompt = TokenIds.of(Arrays.copyOf(tokens, PROMPT));
        int index = requests.size();
        SamplingParams sampling =
            temperature == 0 ? SamplingParams.greedy() : SamplingParams.of(temperature, index);
        requests.add(
            InferenceRequest.builder("r" + index, prompt, OUTPUT, index)
                .sampling(sampling)
                .build());
      }
    }
    return requests;
  }
}
