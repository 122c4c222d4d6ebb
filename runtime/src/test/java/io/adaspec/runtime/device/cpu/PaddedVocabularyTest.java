package io.adaspec.runtime.device.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import io.adaspec.runtime.device.cpu.PairBench.Way;
import io.adaspec.runtime.model.LoadedModel;
import io.adaspec.runtime.model.ModelFiles;
import io.adaspec.runtime.model.TinyPair;
import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.request.RequestId;
import io.adaspec.runtime.speculation.DrafterKind;
import io.adaspec.runtime.speculation.PolicySnapshot;
import io.adaspec.runtime.speculation.Verifier;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Models of one tokenizer whose embeddings are padded to different numbers of rows, as with the
 * sizes of one family, are a pair, and no row without a token changes its texts.
 */
class PaddedVocabularyTest {
  private static final int ROOMY = 200;

  @TempDir private Path folder;

  @Test
  void rowsWithoutTokensAreLeftInTheFile() throws IOException {
    try (LoadedModel plain = Pairs.TINY.target(folder);
        LoadedModel padded = ModelFiles.open(TinyPair.writePaddedTarget(folder, 150))) {
      assertThat(padded.config()).isEqualTo(plain.config());
      assertThat(padded.tokenizer().vocabularySize()).isEqualTo(plain.config().vocabularySize());
      assertThat(padded.weights().bytes()).isEqualTo(plain.weights().bytes());
      assertThat(padded.weights().tensor("output.weight").shape()).containsExactly(266L, 32L);
    }
  }

  @Test
  void textsAreThoseOfThePairWithoutPadding() throws IOException {
    try (LoadedModel target = ModelFiles.open(TinyPair.writePaddedTarget(folder, 150));
        LoadedModel draft = ModelFiles.open(TinyPair.writePaddedDraft(folder, 22));
        LoadedModel plainTarget = Pairs.TINY.target(folder);
        LoadedModel plainDraft = Pairs.TINY.draft(folder);
        PairBench padded = new PairBench(target, draft, ROOMY);
        PairBench plain = new PairBench(plainTarget, plainDraft, ROOMY)) {
      List<InferenceRequest> requests = Pairs.TINY.requests(target, 24);
      Map<RequestId, List<Integer>> expected = plain.alone(requests);
      assertThat(padded.alone(requests)).isEqualTo(expected);
      Way coupled = speculating(Verifier.COUPLED);
      assertThat(padded.run(coupled, requests).outputs).isEqualTo(expected);
      Way rejecting = speculating(Verifier.REJECTION);
      assertThat(padded.run(rejecting, requests).outputs)
          .isEqualTo(plain.run(rejecting, requests).outputs);
    }
  }

  private static Way speculating(Verifier verifier) {
    return Way.of(new PolicySnapshot(1, "fixed:4", DrafterKind.MODEL, 8, verifier), 48);
  }
}
