package io.adaspec.gpu;

import static io.adaspec.gpu.CudaCheck.check;

import io.adaspec.runtime.kvcache.KvGeometry;
import io.adaspec.runtime.model.ForwardBatch;
import io.adaspec.runtime.model.ModelConfig;
import io.adaspec.runtime.model.ModelRunner;
import io.adaspec.runtime.model.RowSamples;
import io.adaspec.runtime.model.RowSampling;
import io.adaspec.runtime.request.SamplingParams;
import java.util.function.LongConsumer;
import jcuda.driver.JCudaDriver;

/**
 * One model on one GPU. A pass is one copy of integers and one CUDA graph, sampling one more copy
 * each way and one more graph; the host waits once, for the tokens. Owns weights, KV memory and
 * work memory; the context is the device's.
 */
final class CudaModelRunner implements ModelRunner {
  private final CudaContext context;
  private final DeviceArena arena;
  private final PagedKvStore kv;
  private final int maxRows;
  private final ModelConfig config;
  private final WorkPlan workPlan;
  private final PassLayout layout;
  private final WorkBuffers work;
  private final PinnedBuffer staging;
  private final LaunchGraphs<PassShape> graphs;
  private final DeviceSampler sampler;
  private boolean staged;
  private int logitRows;

  private CudaModelRunner(
      CudaContext context,
      KernelModule kernels,
      DeviceArena arena,
      DeviceModel model,
      PagedKvStore kv,
      int maxRows) {
    this.context = context;
    this.arena = arena;
    this.kv = kv;
    this.maxRows = maxRows;
    this.config = model.config();
    this.workPlan = WorkPlan.of(config, maxRows);
    this.layout = new PassLayout(config, kv.geometry().blockTokens(), maxRows);
    this.work = WorkBuffers.allocate(workPlan, layout.bytes(), arena, context);
    this.staging = arena.allocatePinned(layout.bytes(), "the pass");
    PassLauncher launcher = new PassLauncher(kernels, model, kv, layout, work);
    this.graphs = new LaunchGraphs<>(context, launcher::launch);
    this.sampler =
        new DeviceSampler(
            context, kernels, work.pass(), work.logits(), config.vocabularySize(), maxRows, arena);
  }

  /**
   * Uploads a model and allocates its memory.
   *
   * @param kvBlocks KV blocks
   * @param maxRows most rows of one pass
   * @param progress told the bytes of weights as they are uploaded
   * @throws io.adaspec.runtime.device.DeviceException if the GPU fails; nothing stays allocated
   */
  static CudaModelRunner create(
      CudaContext context,
      KernelModule kernels,
      ModelPlan plan,
      KvGeometry geometry,
      int kvBlocks,
      int maxRows,
      LongConsumer progress) {
    DeviceArena arena = new DeviceArena();
    boolean done = false;
    try {
      DeviceModel model;
      try (WeightUploader uploader =
          new WeightUploader(context, kernels, arena, plan.bytes(), progress)) {
        model = DeviceModel.upload(plan, uploader);
      }
      PagedKvStore kv = PagedKvStore.allocate(geometry, kvBlocks, arena, context);
      CudaModelRunner runner = new CudaModelRunner(context, kernels, arena, model, kv, maxRows);
      done = true;
      return runner;
    } finally {
      if (!done) {
        arena.close();
      }
    }
  }

  @Override
  public ModelConfig config() {
    return config;
  }

  @Override
  public KvGeometry kvGeometry() {
    return kv.geometry();
  }

  @Override
  public int kvBlocks() {
    return kv.blocks();
  }

  @Override
  public int maxRows() {
    return maxRows;
  }

  @Override
  public void forward(ForwardBatch batch) {
    requireFits(batch);
    if (staged) {
      context.synchronize();
    }
    logitRows = batch.logitRowCount();
    long used = layout.write(batch, staging.memory());
    check(
        JCudaDriver.cuMemcpyHtoDAsync(
            work.pass().pointer(), staging.pointer(), used, context.stream()),
        "cuMemcpyHtoDAsync");
    staged = true;
    graphs.launch(shape(batch));
  }

  @Override
  public void sample(RowSampling sampling, RowSamples out) {
    if (sampling.rows() != logitRows) {
      throw new IllegalArgumentException(
          "the last pass left "
              + logitRows
              + " logit rows, sampling is given for "
              + sampling.rows());
    }
    if (logitRows > 0) {
      sampler.sample(sampling, out);
      staged = false;
    }
  }

  @Override
  public void distribution(int logitRow, SamplingParams params, float[] out) {
    sampler.distribution(requireLogitRow(logitRow), params, out);
  }

  @Override
  public void logits(int logitRow, float[] out) {
    sampler.logits(requireLogitRow(logitRow), out);
  }

  /** Graphs recorded for forward passes; for tests. */
  int graphs() {
    return graphs.size();
  }

  private PassShape shape(ForwardBatch batch) {
    int rows = PassShape.rowBucket(batch.rows());
    int splits = PassShape.splitBucket(layout.lastPosition() + 1);
    boolean together = splits == 1 || !workPlan.fits(rows, splits);
    return new PassShape(rows, PassShape.rowBucket(logitRows), together ? 0 : splits);
  }

  private void requireFits(ForwardBatch batch) {
    if (batch.rows() > maxRows) {
      throw new IllegalArgumentException(
          "a pass has at most " + maxRows + " rows, not " + batch.rows());
    }
    for (int row = 0; row < batch.rows(); row++) {
      int token = batch.tokenIds()[row];
      if (token < 0 || token >= config.vocabularySize()) {
        throw new IllegalArgumentException(
            "token " + token + " is outside the vocabulary of " + config.vocabularySize());
      }
      if (batch.positions()[row] >= config.contextTokens()) {
        throw new IllegalArgumentException(
            "position "
                + batch.positions()[row]
                + " is outside the context of "
                + config.contextTokens());
      }
    }
  }

  private int requireLogitRow(int row) {
    if (row < 0 || row >= logitRows) {
      throw new IndexOutOfBoundsException("logit row " + row + " of " + logitRows);
    }
    return row;
  }

  /** Frees all GPU memory of the model; does nothing that a lost context could hinder. */
  @Override
  public void close() {
    sampler.close();
    graphs.close();
    arena.close();
  }
}
