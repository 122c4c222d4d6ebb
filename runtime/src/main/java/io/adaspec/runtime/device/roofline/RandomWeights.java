package io.adaspec.runtime.device.roofline;

import io.adaspec.runtime.model.ModelConfig;
import io.adaspec.runtime.model.ModelFormatException;
import io.adaspec.runtime.model.ModelWeights;
import io.adaspec.runtime.model.Weights;
import io.adaspec.runtime.sampling.CounterRng;
import io.adaspec.runtime.tensor.WeightFormat;
import io.adaspec.runtime.tensor.WeightTensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A model of a shape with random weights, of which most share their memory: a model of 16 GB takes
 * 1.3 GB off the heap and no file. Layers add little to the residual stream, and row {@code i + 1}
 * of an untied head is row i of the embedding, so that greedy text counts: token i is followed by i
 * + 1, modulo {@value #DISTINCT}. A draft model of the same vocabulary is right wherever two of its
 * rows are not exchanged, which gives a pair of a known acceptance.
 */
final class RandomWeights implements Weights {
  /** Different rows of embedding and head; they repeat. */
  static final int DISTINCT = 1024;

  private static final double SPREAD = 0.02;
  private static final double FAINT = SPREAD / 256;
  private static final int BLOCK = 32;

  private final Arena arena = Arena.ofShared();
  private final Map<String, WeightTensor> tensors = new LinkedHashMap<>();
  private final WeightFormat format;
  private final long stream = CounterRng.stream(5, 0, CounterRng.Purpose.TOKEN);
  private int drawn;

  private RandomWeights(ModelConfig config, WeightFormat format, int exchangeEvery) {
    this.format = format;
    int hidden = config.hiddenSize();
    int inner = config.feedForwardSize();
    long wide = Math.max(inner, config.querySize());
    MemorySegment plain = memory(Math.multiplyExact(wide, hidden), SPREAD);
    MemorySegment faint = memory(Math.multiplyExact(wide, hidden), FAINT);
    vocabulary(config, exchangeEvery);
    norm("output_norm.weight", hidden);
    for (int layer = 0; layer < config.layers(); layer++) {
      String prefix = "blk." + layer + ".";
      norm(prefix + "attn_norm.weight", hidden);
      norm(prefix + "ffn_norm.weight", hidden);
      if (config.queryKeyNorm()) {
        norm(prefix + "attn_q_norm.weight", config.headSize());
        norm(prefix + "attn_k_norm.weight", config.headSize());
      }
      matrix(prefix + "attn_q.weight", config.querySize(), hidden, plain);
      matrix(prefix + "attn_k.weight", config.kvSize(), hidden, plain);
      matrix(prefix + "attn_v.weight", config.kvSize(), hidden, plain);
      matrix(prefix + "attn_output.weight", hidden, config.querySize(), faint);
      matrix(prefix + "ffn_gate.weight", inner, hidden, plain);
      matrix(prefix + "ffn_up.weight", inner, hidden, plain);
      matrix(prefix + "ffn_down.weight", hidden, inner, faint);
    }
  }

  /**
   * A model of a shape.
   *
   * @param exchangeEvery of so many rows of an untied head the first two are exchanged, so that
   *     their tokens are predicted wrongly; 0 for none
   */
  static ModelWeights of(ModelConfig config, WeightFormat format, int exchangeEvery) {
    return new ModelWeights(config, new RandomWeights(config, format, exchangeEvery));
  }

  private void vocabulary(ModelConfig config, int exchangeEvery) {
    int rows = config.vocabularySize();
    int hidden = config.hiddenSize();
    long rowBytes = format.bytesOf(hidden);
    int distinct = Math.min(DISTINCT, rows);
    MemorySegment table = arena.allocate(Math.multiplyExact(rows + 1L, rowBytes), BLOCK);
    fill(table.asSlice(0, distinct * rowBytes), 1);
    repeat(table, distinct * rowBytes);
    matrix("token_embd.weight", rows, hidden, table.asSlice(rowBytes));
    if (config.tiedHead()) {
      return;
    }
    if (exchangeEvery == 0) {
      matrix("output.weight", rows, hidden, table);
      return;
    }
    MemorySegment head = arena.allocate(table.byteSize(), BLOCK);
    head.copyFrom(table);
    for (int row = 0; row + 1 < distinct; row += exchangeEvery) {
      MemorySegment.copy(table, (row + 1) * rowBytes, head, row * rowBytes, rowBytes);
      MemorySegment.copy(table, row * rowBytes, head, (row + 1) * rowBytes, rowBytes);
    }
    repeat(head, distinct * rowBytes);
    matrix("output.weight", rows, hidden, head);
  }

  private void matrix(String name, int rows, int columns, MemorySegment from) {
    MemorySegment data = from.asSlice(0, Math.multiplyExact(rows, format.bytesOf(columns)));
    tensors.put(name, new WeightTensor(name, format, List.of((long) rows, (long) columns), data));
  }

  private void norm(String name, int size) {
    MemorySegment ones = arena.allocate(4L * size, 4);
    for (int i = 0; i < size; i++) {
      ones.setAtIndex(ValueLayout.JAVA_FLOAT, i, 1);
    }
    tensors.put(name, new WeightTensor(name, WeightFormat.F32, List.of((long) size), ones));
  }

  /** Random elements: a stretch of them, over and over. */
  private MemorySegment memory(long elements, double spread) {
    MemorySegment memory = arena.allocate(format.bytesOf(elements), BLOCK);
    long stretch = Math.min(elements, 1 << 20);
    fill(memory.asSlice(0, format.bytesOf(stretch)), spread);
    repeat(memory, format.bytesOf(stretch));
    return memory;
  }

  private static void repeat(MemorySegment memory, long period) {
    for (long at = period; at < memory.byteSize(); at += period) {
      long bytes = Math.min(period, memory.byteSize() - at);
      MemorySegment.copy(memory, 0, memory, at, bytes);
    }
  }

  private void fill(MemorySegment memory, double spread) {
    for (long at = 0; at < memory.byteSize(); at += format.blockBytes()) {
      float value = (float) (Math.sqrt(12) * (uniform() - 0.5) * spread);
      switch (format) {
        case F32 -> memory.set(ValueLayout.JAVA_FLOAT_UNALIGNED, at, value);
        case F16 -> memory.set(ValueLayout.JAVA_SHORT_UNALIGNED, at, Float.floatToFloat16(value));
        case BF16 ->
            memory.set(
                ValueLayout.JAVA_SHORT_UNALIGNED,
                at,
                (short) (Float.floatToRawIntBits(value) >>> 16));
        case Q8_0 -> quantised(memory, at, spread / 73);
        case Q4_0 -> quantised(memory, at, spread / 4.6);
      }
    }
  }

  private double uniform() {
    return CounterRng.uniform(stream, drawn++);
  }

  /** Random bytes, uniform, behind the scale that gives them the spread. */
  private void quantised(MemorySegment memory, long at, double scale) {
    memory.set(ValueLayout.JAVA_SHORT_UNALIGNED, at, Float.floatToFloat16((float) scale));
    for (int i = 2; i < format.blockBytes(); i++) {
      memory.set(ValueLayout.JAVA_BYTE, at + i, (byte) (int) (256 * uniform()));
    }
  }

  @Override
  public WeightTensor tensor(String name) {
    WeightTensor tensor = tensors.get(name);
    if (tensor == null) {
      throw new ModelFormatException("a random model has no tensor " + name);
    }
    return tensor;
  }

  @Override
  public boolean has(String name) {
    return tensors.containsKey(name);
  }

  @Override
  public Set<String> names() {
    return Set.copyOf(new ArrayList<>(tensors.keySet()));
  }

  @Override
  public long bytes() {
    return tensors.values().stream().mapToLong(tensor -> tensor.data().byteSize()).sum();
  }

  @Override
  public void close() {
    arena.close();
  }
}
