package io.adaspec.runtime.model;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A target and a draft with random weights whose tokens often agree: the draft is the first layer
 * of the target with its embedding and head, and the target's other layers change little.
 */
public final class TinyPair {
  private static final int TARGET_LAYERS = 3;
  private static final double USUAL = 0.1;

  /** Large enough that some tokens are much likelier than others. */
  private static final double HEAD = 0.7;

  /** What the later layers add, relative to the first. */
  private static final double LATER = 0.5;

  private TinyPair() {}

  /** Writes the target into a folder. */
  public static Path writeTarget(Path folder) throws IOException {
    return write(folder.resolve("target.gguf"), TARGET_LAYERS, TinyModels.tokens());
  }

  /** Writes its draft into a folder. */
  public static Path writeDraft(Path folder) throws IOException {
    return write(folder.resolve("draft.gguf"), 1, TinyModels.tokens());
  }

  /** Writes a draft of another vocabulary of the same size into a folder. */
  public static Path writeForeignDraft(Path folder) throws IOException {
    List<String> tokens = TinyModels.tokens();
    tokens.set(tokens.size() - 1, tokens.getLast() + "!");
    return write(folder.resolve("foreign.gguf"), 1, tokens);
  }

  /** Writes the target with rows that have no tokens into a folder, as converters write it. */
  public static Path writePaddedTarget(Path folder, int padding) throws IOException {
    return write(folder.resolve("padded-target.gguf"), TARGET_LAYERS, padded(padding));
  }

  /** Writes the draft likewise. */
  public static Path writePaddedDraft(Path folder, int padding) throws IOException {
    return write(folder.resolve("padded-draft.gguf"), 1, padded(padding));
  }

  private static List<String> padded(int padding) {
    List<String> tokens = TinyModels.tokens();
    for (int i = 0; i < padding; i++) {
      tokens.add("[PAD" + tokens.size() + "]");
    }
    return tokens;
  }

  /** The same weights for the same tokens, however many follow. */
  private static Path write(Path path, int layers, List<String> tokens) throws IOException {
    int[] types = TinyModels.types(tokens.size() - TinyModels.VOCABULARY);
    GgufWriter writer = TinyModels.metadata("llama", layers, tokens, types);
    ModelConfig config = TinyModels.config("llama").withVocabularySize(tokens.size());
    TinyModels.forEachTensor(config, layers, (name, shape) -> add(writer, name, shape));
    writer.write(path);
    return path;
  }

  /** Normal numbers that depend on the tensor's name alone; a norm's are around 1. */
  private static void add(GgufWriter writer, String name, List<Long> shape) {
    double mean = name.contains("norm") ? 1 : 0;
    SplittableRandom random = new SplittableRandom(name.hashCode());
    TinyModels.f32(writer, name, shape, random, mean, deviation(name));
  }

  private static double deviation(String name) {
    if (name.startsWith("output.")) {
      return HEAD;
    }
    boolean later = name.startsWith("blk.") && !name.startsWith("blk.0.");
    boolean addsToTheStream = name.contains("attn_output") || name.contains("ffn_down");
    return later && addsToTheStream ? LATER * USUAL : USUAL;
  }
}
