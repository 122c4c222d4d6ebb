package io.adaspec.benchmarks.models;

import io.adaspec.runtime.model.GgufWriter;
import io.adaspec.runtime.tensor.WeightFormat;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Writes models of realistic shape with random weights, and a draft for each.
 *
 * <p>Target and draft share embedding, head and the first two layers; the draft has no others. In
 * the target the attention output and FFN down projections of the others are scaled by a small
 * factor, so that they cost their full time and change the token now and then: a pair of realistic
 * acceptance without training. Logits are those of {@code head[j] = r · embedding[previous(j)] +
 * noise}: a pull along a shuffled ring of all tokens, about as strong as the largest of the noise,
 * so that text does not repeat and close calls are frequent. Special tokens and bytes are never
 * chosen.
 *
 * @param shape sizes
 * @param format of all matrices; norms are F32
 * @param residualFactor scale of the layers that the draft does not have
 * @param seed of all weights
 */
public record ModelGenerator(
    ModelShape shape, WeightFormat format, float residualFactor, long seed) {
  /** The ring's logit in standard deviations of the others, whose largest is at about 4.2. */
  private static final float RING_STRENGTH = 5;

  /** Standard deviation of logits, which makes probabilities of likely tokens realistic. */
  private static final float LOGIT_DEVIATION = 8;

  private static final float HEAD_NORM_DEVIATION = 0.2f;

  private static final int EMBEDDING = 1;
  private static final int HEAD = 2;

  /** The generator with the factor that was tuned for the shape. */
  public static ModelGenerator of(ModelShape shape, WeightFormat format) {
    return new ModelGenerator(shape, format, shape.residualFactor, 42);
  }

  /** Writes the model that decides. */
  public void writeTarget(Path file) throws IOException {
    write(file, shape.layers);
  }

  /** Writes the model that proposes. */
  public void writeDraft(Path file) throws IOException {
    write(file, ModelShape.DRAFT_LAYERS);
  }

  /** The name of the target's file. */
  public String targetName() {
    return shape.label() + "-" + format.name().toLowerCase(Locale.ROOT) + ".gguf";
  }

  /** The name of the draft's file. */
  public String draftName() {
    return targetName().replace(".gguf", "-draft.gguf");
  }

  private void write(Path file, int layers) throws IOException {
    GgufWriter writer = WordVocabulary.writeTo(metadata(layers));
    int hidden = shape.hiddenSize;
    int inner = shape.feedForwardSize;
    matrix(writer, "token_embd.weight", EMBEDDING, ModelShape.VOCABULARY, hidden, 1);
    head(writer);
    norm(writer, "output_norm.weight");
    float in = (float) (1 / Math.sqrt(hidden));
    for (int layer = 0; layer < layers; layer++) {
      String prefix = "blk." + layer + ".";
      int id = 16 * (layer + 1);
      float factor = layer < ModelShape.DRAFT_LAYERS ? 1 : residualFactor;
      float out = (float) (factor / Math.sqrt(shape.querySize()));
      float down = (float) (factor / Math.sqrt(inner));
      norm(writer, prefix + "attn_norm.weight");
      matrix(writer, prefix + "attn_q.weight", id, shape.querySize(), hidden, in);
      matrix(writer, prefix + "attn_k.weight", id + 1, shape.keyValueSize(), hidden, in);
      matrix(writer, prefix + "attn_v.weight", id + 2, shape.keyValueSize(), hidden, in);
      headNorms(writer, prefix, id);
      matrix(writer, prefix + "attn_output.weight", id + 3, hidden, shape.querySize(), out);
      norm(writer, prefix + "ffn_norm.weight");
      matrix(writer, prefix + "ffn_gate.weight", id + 4, inner, hidden, in);
      matrix(writer, prefix + "ffn_up.weight", id + 5, inner, hidden, in);
      matrix(writer, prefix + "ffn_down.weight", id + 6, hidden, inner, down);
    }
    writer.write(file);
  }

  private GgufWriter metadata(int layers) {
    String family = shape.family;
    return new GgufWriter()
        .put("general.architecture", family)
        .put("general.name", "random-" + shape.label() + "-" + layers + "-layers")
        .put(family + ".vocab_size", ModelShape.VOCABULARY)
        .put(family + ".context_length", ModelShape.CONTEXT_TOKENS)
        .put(family + ".embedding_length", shape.hiddenSize)
        .put(family + ".block_count", layers)
        .put(family + ".feed_forward_length", shape.feedForwardSize)
        .put(family + ".rope.dimension_count", shape.headSize)
        .put(family + ".attention.head_count", shape.heads)
        .put(family + ".attention.head_count_kv", shape.kvHeads)
        .put(family + ".attention.key_length", shape.headSize)
        .put(family + ".attention.value_length", shape.headSize)
        .put(family + ".attention.layer_norm_rms_epsilon", 1e-5f);
  }

  /** Weights around 1 that differ, so that no norm can be taken for another. */
  private void headNorms(GgufWriter writer, String prefix, int id) {
    if (!shape.family.equals("qwen3")) {
      return;
    }
    RandomRows random = new RandomRows(seed);
    for (String name : List.of("attn_q_norm.weight", "attn_k_norm.weight")) {
      int matrix = id + (name.contains("_q_") ? 7 : 8);
      vector(
          writer,
          prefix + name,
          shape.headSize,
          (row, out) -> {
            random.fill(matrix, row, HEAD_NORM_DEVIATION, out);
            for (int i = 0; i < out.length; i++) {
              out[i] += 1;
            }
          });
    }
  }

  /** Fills one row of a matrix. */
  @FunctionalInterface
  private interface RowSource {
    void fill(int row, float[] out);
  }

  private void matrix(
      GgufWriter writer, String name, int id, int rows, int columns, float deviation) {
    RandomRows random = new RandomRows(seed);
    matrix(writer, name, rows, columns, (row, out) -> random.fill(id, row, deviation, out));
  }

  private void head(GgufWriter writer) {
    RandomRows random = new RandomRows(seed);
    TokenRing ring = new TokenRing(seed);
    int hidden = shape.hiddenSize;
    float noise = (float) (LOGIT_DEVIATION / Math.sqrt(hidden));
    float pull = (float) (noise * RING_STRENGTH / Math.sqrt(hidden));
    float[] before = new float[hidden];
    matrix(
        writer,
        "output.weight",
        ModelShape.VOCABULARY,
        hidden,
        (token, out) -> {
          if (token < WordVocabulary.FIRST_WORD) {
            Arrays.fill(out, 0);
            return;
          }
          random.fill(HEAD, token, noise, out);
          random.fill(EMBEDDING, ring.previous(token), pull, before);
          for (int i = 0; i < out.length; i++) {
            out[i] += before[i];
          }
        });
  }

  private void matrix(GgufWriter writer, String name, int rows, int columns, RowSource source) {
    List<Long> shapeOfMatrix = List.of((long) rows, (long) columns);
    writer.tensor(
        name, format, shapeOfMatrix, out -> writeRows(out, format, rows, columns, source));
  }

  private void norm(GgufWriter writer, String name) {
    vector(writer, name, shape.hiddenSize, (row, target) -> Arrays.fill(target, 1));
  }

  private static void vector(GgufWriter writer, String name, int size, RowSource source) {
    writer.tensor(
        name,
        WeightFormat.F32,
        List.of((long) size),
        out -> writeRows(out, WeightFormat.F32, 1, size, source));
  }

  private static void writeRows(
      OutputStream out, WeightFormat format, int rows, int columns, RowSource source)
      throws IOException {
    float[] values = new float[columns];
    byte[] bytes = new byte[Math.toIntExact(format.bytesOf(columns))];
    ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    for (int row = 0; row < rows; row++) {
      source.fill(row, values);
      BlockEncoder.encode(values, format, buffer.clear());
      out.write(bytes);
    }
  }
}
