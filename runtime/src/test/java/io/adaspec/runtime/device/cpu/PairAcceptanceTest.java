package io.adaspec.runtime.device.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.adaspec.runtime.device.cpu.PairBench.Outcome;
import io.adaspec.runtime.device.cpu.PairBench.Way;
import io.adaspec.runtime.model.LoadedModel;
import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.request.TokenIds;
import io.adaspec.runtime.speculation.DrafterKind;
import io.adaspec.runtime.speculation.PolicySnapshot;
import io.adaspec.runtime.speculation.Verifier;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Greedy acceptance of trained pairs against figures that other programs measured. */
class PairAcceptanceTest {
  private static final int OUTPUT = 128;

  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({
    "STORYTELLER, 2, 0.754",
    "STORYTELLER, 4, 0.623",
    "STORYTELLER, 8, 0.443",
    "BABYLLAMA, 2, 0.85",
    "BABYLLAMA, 4, 0.80",
    "BABYLLAMA, 8, 0.65",
  })
  void greedyAcceptanceIsNearTheDocumentedFigure(Pairs pair, int k, double documented)
      throws IOException {
    try (LoadedModel target = pair.target(folder);
        LoadedModel draft = pair.draft(folder);
        PairBench bench = new PairBench(target, draft, 200)) {
      List<InferenceRequest> requests = new ArrayList<>();
      for (String opening : Pairs.OPENINGS) {
        TokenIds prompt = TokenIds.of(target.tokenizer().encode(opening, true, false));
        String id = "r" + requests.size();
        requests.add(InferenceRequest.builder(id, prompt, OUTPUT, requests.size()).build());
      }
      PolicySnapshot policy =
          new PolicySnapshot(1, "fixed:" + k, DrafterKind.MODEL, k, Verifier.COUPLED);
      Outcome outcome = bench.run(Way.of(policy, 256), requests);
      System.err.println("ACC " + pair + k + " " + (double) outcome.accepted() / outcome.drafted());
      assertThat((double) outcome.accepted() / outcome.drafted())
          .isCloseTo(documented, within(0.1));
    }
  }
}
