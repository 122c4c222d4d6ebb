package io.adaspec.runtime.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.adaspec.runtime.device.StepHarness.Sequence;
import io.adaspec.runtime.device.cpu.CpuModelRunner;
import io.adaspec.runtime.kvcache.KvGeometry;
import io.adaspec.runtime.model.LoadedModel;
import io.adaspec.runtime.model.ModelConfig;
import io.adaspec.runtime.model.ModelFiles;
import io.adaspec.runtime.model.ModelRunner;
import io.adaspec.runtime.model.SharedAssets;
import io.adaspec.runtime.request.SamplingParams;
import io.adaspec.runtime.speculation.DrafterKind;
import io.adaspec.runtime.speculation.Strategies;
import io.adaspec.runtime.tensor.Kernels;
import io.adaspec.runtime.tensor.WorkerTeam;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Trained target and draft on the CPU, driven through whole draft/verify steps. */
class RealPairTest {
  private static final String STORYTELLER = "models/storyteller/storyteller-";
  private static final List<String> CHARACTER_PROMPTS =
      List.of(
          "Once upon a time",
          "Lily and Tom went to the park",
          "The little dog was",
          "One day, a girl named Sue found a",
          "There was a big tree in the",
          "Ben likes to play with his red car");

  /** Acceptance that another program measured for this pair. */
  @ParameterizedTest
  @CsvSource({"2, 0.85", "4, 0.80", "8, 0.65"})
  void characterPairAcceptsAsOftenAsElsewhere(int draftLength, double expected) throws IOException {
    Path target = SharedAssets.require("models/babyllama-char/tok105-model5000-f32.gguf");
    Path draft = SharedAssets.require("models/babyllama-char/tok361-sliced105-f32.gguf");
    Pair plain = run(target, draft, "off", 8, CHARACTER_PROMPTS, 120);
    Pair pair = run(target, draft, "fixed:" + draftLength, 8, CHARACTER_PROMPTS, 120);
    assertThat(pair.texts).isEqualTo(plain.texts);
    assertThat(pair.acceptance).isCloseTo(expected, within(0.08));
  }

  /** The model card's figure for k = 4 is 0.623; half of it would mean a damaged model or cache. */
  @Test
  void bundledPairWritesTheSameStoryWithAndWithoutSpeculation() throws IOException {
    Path target = SharedAssets.bundled(STORYTELLER + "target-q8_0.gguf");
    Path draft = SharedAssets.bundled(STORYTELLER + "draft-q8_0.gguf");
    List<String> prompts =
        List.of("The old man sat down by the fire and", "\"I do not know,\" said the");
    Pair plain = run(target, draft, "off", 8, prompts, 60);
    Pair pair = run(target, draft, "fixed:4", 8, prompts, 60);
    assertThat(pair.texts).isEqualTo(plain.texts);
    assertThat(pair.acceptance).isGreaterThan(0.4);
  }

  private record Pair(List<String> texts, double acceptance) {}

  private static Pair run(
      Path targetFile, Path draftFile, String policy, int chunk, List<String> prompts, int output)
      throws IOException {
    assertThat(targetFile).matches(Files::exists);
    try (LoadedModel target = ModelFiles.open(targetFile);
        LoadedModel draft = ModelFiles.open(draftFile);
        WorkerTeam team = new WorkerTeam(2);
        ModelRunner targetRunner = runner(target, team);
        ModelRunner draftRunner = runner(draft, team)) {
      StepHarness harness = new StepHarness(targetRunner, Optional.of(draftRunner), 1);
      for (String prompt : prompts) {
        int[] tokens = target.tokenizer().encode(prompt, true, false);
        harness.add(tokens, output, SamplingParams.greedy());
      }
      harness.finish(Strategies.parse(policy, DrafterKind.MODEL, 8), chunk);
      List<String> texts = harness.sequences.stream().map(s -> text(target, s)).toList();
      int verified = harness.sequences.stream().mapToInt(s -> s.verified).sum();
      int accepted = harness.sequences.stream().mapToInt(s -> s.accepted).sum();
      return new Pair(texts, (double) accepted / verified);
    }
  }

  private static String text(LoadedModel model, Sequence sequence) {
    return model
        .tokenizer()
        .decode(sequence.output().stream().mapToInt(Integer::intValue).toArray());
  }

  private static ModelRunner runner(LoadedModel model, WorkerTeam team) {
    ModelConfig config = model.forDevice().config();
    KvGeometry geometry =
        new KvGeometry(
            config.layers(), config.kvHeads(), config.headSize(), 16, KvGeometry.ElementType.F32);
    return new CpuModelRunner(model.forDevice(), geometry, 80, 96, Kernels.best(), team);
  }
}
