package io.adaspec.runtime.device.cpu;

import io.adaspec.runtime.model.LoadedModel;
import io.adaspec.runtime.model.ModelFiles;
import io.adaspec.runtime.model.SharedAssets;
import io.adaspec.runtime.model.TinyPair;
import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.request.Penalties;
import io.adaspec.runtime.request.SamplingParams;
import io.adaspec.runtime.request.TokenIds;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/** The target/draft pairs that tests decode with. */
enum Pairs {
  /** Made by the build; random weights. */
  TINY,
  /** The bundled pair. */
  STORYTELLER,
  /** A trained pair with a vocabulary of characters, beside the repository. */
  BABYLLAMA;

  private static final String BABYLLAMA_FOLDER = "models/babyllama-char/";

  /** Openings that the trained pairs can continue. */
  static final List<String> OPENINGS =
      List.of(
          "One winter's day, during a severe storm, a Horse, an Ox, and a Dog came",
          "There was once a King who had three daughters, and the youngest of them",
          "Once upon a time there was a little girl named Lily. She loved to play",
          "\"I do not know,\" said the old man, and he",
          "They walked along the road until");

  LoadedModel target(Path folder) throws IOException {
    return ModelFiles.open(
        switch (this) {
          case TINY -> TinyPair.writeTarget(folder);
          case STORYTELLER -> bundled("storyteller-target-q8_0.gguf");
          case BABYLLAMA -> SharedAssets.require(BABYLLAMA_FOLDER + "tok105-model5000-f32.gguf");
        });
  }

  LoadedModel draft(Path folder) throws IOException {
    return ModelFiles.open(
        switch (this) {
          case TINY -> TinyPair.writeDraft(folder);
          case STORYTELLER -> bundled("storyteller-draft-q8_0.gguf");
          case BABYLLAMA -> SharedAssets.require(BABYLLAMA_FOLDER + "tok361-sliced105-f32.gguf");
        });
  }

  private static Path bundled(String name) {
    return Path.of(System.getProperty("adaspec.root", "."))
        .resolve("config/models/storyteller")
        .resolve(name);
  }

  /**
   * Requests of all kinds: greedy and sampled with seeds, with penalties and without, short and
   * longer prompts.
   */
  List<InferenceRequest> requests(LoadedModel target, int outputTokens) {
    List<SamplingParams> ways =
        List.of(
            SamplingParams.greedy(),
            SamplingParams.of(0.8f, 42),
            SamplingParams.of(0.8f, 43).with(new Penalties(1.1f, 0.3f, 0.2f, Map.of(7, 1f))),
            new SamplingParams(0.8f, 20, 0.95f, 0.02f, 44),
            SamplingParams.greedy().with(new Penalties(1.2f, 0.5f, -0.1f, Map.of())));
    List<InferenceRequest> requests = new ArrayList<>();
    for (int i = 0; i < ways.size(); i++) {
      TokenIds prompt = TokenIds.of(prompt(target, i));
      requests.add(
          InferenceRequest.builder("r" + i, prompt, outputTokens, i).sampling(ways.get(i)).build());
    }
    return requests;
  }

  private int[] prompt(LoadedModel target, int index) {
    if (this == TINY) {
      return new SplittableRandom(index).ints(1 + 9 * index, 3, 266).toArray();
    }
    return target.tokenizer().encode(OPENINGS.get(index), true, false);
  }
}
