package io.adaspec.runtime.model;

import io.adaspec.runtime.kvcache.KvGeometry;
import io.adaspec.runtime.tensor.Kernels;
import io.adaspec.runtime.tensor.Rows;
import io.adaspec.runtime.tensor.TeamProduct;
import io.adaspec.runtime.tensor.WeightRows;
import io.adaspec.runtime.tensor.WorkerTeam;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The forward pass of every supported family on the CPU: embedding; per block norm, attention over
 * paged KV, norm, gated FFN; at the end norm and head for the rows that need logits. Not
 * thread-safe; uses its team.
 *
 * <p>Chunks of a product are output panels, chunks of attention are rows of one sequence and one KV
 * head, the rest runs row by row: no operation sees more than one row's numbers, which is what
 * makes results independent of batching. Passes allocate nothing once they have been as large
 * before.
 */
public final class Transformer {
  /** Elements that the caller goes through alone faster than a team would start: some 2 µs. */
  private static final int SERIAL_ELEMENTS = 3072;

  private final ModelConfig config;
  private final KvGeometry geometry;
  private final Kernels kernels;
  private final WorkerTeam team;
  private final TransformerWeights weights;
  private final KvStore kv;
  private final Rope rope;
  private final Attention attention;
  private final TeamProduct product;
  private final float queryScale;
  private final WorkerTeam.Job embed = this::embed;
  private final WorkerTeam.Job normalise = this::normalise;
  private final WorkerTeam.Job positionKeys = this::positionKeys;
  private ForwardBatch batch = new ForwardBatch();
  private Activations work;
  private int[] rowSequences = new int[0];
  private Rows logits;
  private int layerIndex;
  private float[] normWeight = new float[0];
  private boolean addResidual;

  /**
   * Repacks the weights.
   *
   * @param model stays open: embedding rows are read from the mapped file
   * @param kvMemory of all its KV blocks, one after the other
   * @param arena owns packed weights and scratch memory
   */
  public Transformer(
      ModelWeights model,
      KvGeometry geometry,
      MemorySegment kvMemory,
      Kernels kernels,
      WorkerTeam team,
      Arena arena) {
    this.config = model.config();
    this.geometry = geometry;
    this.kernels = kernels;
    this.team = team;
    this.weights = TransformerWeights.pack(model, kernels.panelRows(), arena, team);
    this.kv = new KvStore(geometry, kvMemory);
    this.rope = new Rope(config);
    this.attention = new Attention(config, geometry, kernels, kv, team);
    this.product = new TeamProduct(kernels, team, arena);
    this.queryScale = (float) (1 / Math.sqrt(config.headSize()));
    this.work = new Activations(config, kernels.panelRows(), 0);
    this.logits = Rows.allocate(0, weights.head().paddedRows());
  }

  public ModelConfig config() {
    return config;
  }

  /** [logit rows, at least vocabulary] logits of the last pass. */
  public Rows logits() {
    return logits;
  }

  /** Computes a batch. */
  public void forward(ForwardBatch next) {
    int rows = next.rows();
    reserve(next);
    batch = next;
    attention.prepare(next);
    forRows(rows, config.hiddenSize(), embed);
    int active = rows;
    for (layerIndex = 0; layerIndex < config.layers(); layerIndex++) {
      TransformerWeights.Layer layer = weights.layers().get(layerIndex);
      attend(rows, layer);
      if (layerIndex == config.layers() - 1) {
        active = keepLogitRows();
      }
      if (active > 0) {
        feedForward(active, layer);
      }
    }
    if (active > 0) {
      norm(active, weights.outputNorm(), true);
      product.of(work.normed, active).with(weights.head(), logits).run();
    }
  }

  private void attend(int rows, TransformerWeights.Layer layer) {
    norm(rows, layer.attentionNorm(), layerIndex > 0);
    product
        .of(work.normed, rows)
        .with(layer.query(), work.query)
        .with(layer.key(), work.key)
        .with(layer.value(), work.value)
        .run();
    forRows(rows, config.querySize() + 2 * config.kvSize(), positionKeys);
    attention.run(layerIndex, work.query, work.attended);
  }

  /** Attention output, residual, FFN; leaves the FFN's result to be added by the next norm. */
  private void feedForward(int rows, TransformerWeights.Layer layer) {
    product.of(work.attended, rows).with(layer.attentionOutput(), work.out).run();
    norm(rows, layer.feedForwardNorm(), true);
    product
        .of(work.normed, rows)
        .with(layer.gate(), work.gate)
        .with(layer.up(), work.up)
        .runGated();
    product.of(work.gate, rows).with(layer.down(), work.out).run();
  }

  /** After the last attention only rows that need logits go on; moves them to the front. */
  private int keepLogitRows() {
    int count = batch.logitRowCount();
    for (int i = 0; i < count; i++) {
      move(work.x, batch.logitRows()[i], i);
      move(work.attended, batch.logitRows()[i], i);
    }
    return count;
  }

  private static void move(Rows rows, int from, int to) {
    if (from != to) {
      int stride = rows.stride();
      System.arraycopy(rows.data(), from * stride, rows.data(), to * stride, stride);
    }
  }

  private void norm(int rows, float[] weight, boolean residual) {
    normWeight = weight;
    addResidual = residual;
    forRows(rows, config.hiddenSize(), normalise);
  }

  private void forRows(int rows, int elementsPerRow, WorkerTeam.Job job) {
    if ((long) rows * elementsPerRow <= SERIAL_ELEMENTS) {
      for (int row = 0; row < rows; row++) {
        job.run(0, row);
      }
    } else {
      team.run(rows, job);
    }
  }

  private void embed(int worker, int row) {
    int token = batch.tokenIds()[row];
    if (token < 0 || token >= config.vocabularySize()) {
      throw new IllegalArgumentException(
          "token " + token + " is outside the vocabulary of " + config.vocabularySize());
    }
    WeightRows.read(weights.embedding(), token, work.x.data(), row * work.x.stride());
    rope.prepare(row, batch.positions()[row]);
  }

  private void normalise(int worker, int row) {
    int at = row * work.x.stride();
    if (addResidual) {
      kernels.add(work.x.data(), at, work.out.data(), at, config.hiddenSize());
    }
    kernels.rmsNorm(work.x.data(), at, normWeight, config.normEpsilon(), work.normed.data(), at);
  }

  /** Biases, head norms, rotation and scaling of a row, and its key and value into paged KV. */
  private void positionKeys(int worker, int row) {
    TransformerWeights.Layer layer = weights.layers().get(layerIndex);
    int q = row * work.query.stride();
    int k = row * work.key.stride();
    int v = row * work.value.stride();
    kernels.add(work.query.data(), q, layer.queryBias(), 0, layer.queryBias().length);
    kernels.add(work.key.data(), k, layer.keyBias(), 0, layer.keyBias().length);
    kernels.add(work.value.data(), v, layer.valueBias(), 0, layer.valueBias().length);
    normaliseHeads(work.query.data(), q, config.heads(), layer.queryNorm());
    normaliseHeads(work.key.data(), k, config.kvHeads(), layer.keyNorm());
    rope.rotate(work.query.data(), q, config.heads(), row);
    rope.rotate(work.key.data(), k, config.kvHeads(), row);
    float[] query = work.query.data();
    for (int i = q; i < q + config.querySize(); i++) {
      query[i] *= queryScale;
    }
    int position = batch.positions()[row];
    int[] table = batch.blockTable(rowSequences[row]);
    kv.write(
        layerIndex,
        table[position / geometry.blockTokens()],
        position % geometry.blockTokens(),
        work.key.data(),
        k,
        work.value.data(),
        v);
  }

  /** Every head by itself; nothing without a weight. */
  private void normaliseHeads(float[] x, int offset, int heads, float[] weight) {
    for (int head = 0; weight.length > 0 && head < heads; head++) {
      int at = offset + head * config.headSize();
      kernels.rmsNorm(x, at, weight, config.normEpsilon(), x, at);
    }
  }

  private void reserve(ForwardBatch next) {
    int rows = next.rows();
    if (work.rows < rows) {
      work = new Activations(config, kernels.panelRows(), Math.max(16, rows));
      rowSequences = new int[work.rows];
    }
    if (logits.data().length < (long) next.logitRowCount() * logits.stride()) {
      logits = Rows.allocate(next.logitRowCount(), logits.stride());
    }
    rope.ensure(work.rows);
    for (int sequence = 0; sequence < next.sequences(); sequence++) {
      int end = next.rowOffsets()[sequence + 1];
      for (int row = next.rowOffsets()[sequence]; row < end; row++) {
        rowSequences[row] = sequence;
      }
    }
  }
}
