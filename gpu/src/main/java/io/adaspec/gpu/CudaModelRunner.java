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
 * One model on one GPU. A pass with its sampling is a copy of integers, a copy of sampling
 * parameters, one CUDA graph, a copy back and one wait, for the tokens. So the kernels of a pass
 * whose logits are wanted are not queued before it is known what for. Owns weights, KV memory and
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
  private final LaunchGraphs<GraphShape> graphs;
  private final PassLauncher launcher;
  private final DeviceSampler sampler;
  private PassShape shape = new PassShape(0, 0, 0);
  private boolean pending;
  private boolean staged;
  private int logitRows;

  /** Kernels of a graph: those of a pass, of sampling its logits, or both. */
  private record GraphShape(PassShape pass, boolean computes, Sampling sampling) {}

  private enum Sampling {
    NONE,
    PLAIN,
    TRUNCATED
  }

  private CudaModelRunner(
      CudaContext context,
      KernelModule kernels,
      DeviceArena arena,
      DeviceModel model,
      PagedKvStore kv,
      WorkPlan workPlan) {
    this.context = context;
    this.arena = arena;
    this.kv = kv;
    this.maxRows = workPlan.maxRows();
    this.config = model.config();
    this.workPlan = workPlan;
    this.layout = new PassLayout(config, kv.geometry().blockTokens(), maxRows);
    this.work = WorkBuffers.allocate(workPlan, layout.bytes(), arena, context);
    this.staging = arena.allocatePinned(layout.bytes(), "the pass");
    this.launcher = new PassLauncher(kernels, model, kv, layout, work);
    this.graphs = new LaunchGraphs<>(context, this::launch);
    this.sampler =
        new DeviceSampler(
            context, kernels, work.pass(), work.logits(), config.vocabularySize(), maxRows, arena);
  }

  /**
   * Uploads a model and allocates its memory.
   *
   * @param kvBlocks KV blocks
   * @param workPlan of the same model
   * @param progress told the bytes of weights as they are uploaded
   * @throws io.adaspec.runtime.device.DeviceException if the GPU fails; nothing stays allocated
   */
  static CudaModelRunner create(
      CudaContext context,
      KernelModule kernels,
      ModelPlan plan,
      KvGeometry geometry,
      int kvBlocks,
      WorkPlan workPlan,
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
      CudaModelRunner runner = new CudaModelRunner(context, kernels, arena, model, kv, workPlan);
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
    shape = shapeOf(batch);
    if (logitRows == 0) {
      graphs.launch(new GraphShape(shape, true, Sampling.NONE));
    } else {
      pending = true;
    }
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
      Sampling how = sampler.stage(sampling) ? Sampling.TRUNCATED : Sampling.PLAIN;
      graphs.launch(new GraphShape(shape, pending, how));
      pending = false;
      sampler.receive(sampling, out);
      staged = false;
    }
  }

  @Override
  public void distribution(int logitRow, SamplingParams params, float[] out) {
    requireLogitRow(logitRow);
    compute();
    sampler.distribution(logitRow, params, out);
  }

  @Override
  public void logits(int logitRow, float[] out) {
    requireLogitRow(logitRow);
    compute();
    sampler.logits(logitRow, out);
  }

  /** Queues the pass by itself, if it is not queued yet. */
  private void compute() {
    if (pending) {
      graphs.launch(new GraphShape(shape, true, Sampling.NONE));
      pending = false;
    }
  }

  private void launch(GraphShape graph) {
    if (graph.computes()) {
      launcher.launch(graph.pass());
    }
    if (graph.sampling() != Sampling.NONE) {
      sampler.launch(graph.pass().logitRows(), graph.sampling() == Sampling.TRUNCATED);
    }
  }

  /** Graphs recorded; for tests. */
  int graphs() {
    return graphs.size();
  }

  private PassShape shapeOf(ForwardBatch batch) {
    int rows = PassShape.rowBucket(batch.rows());
    int splits = PassShape.splitBucket(layout.lastPosition() + 1);
    boolean together = splits == 1 || !workPlan.fits(rows, splits);
    return new PassShape(
        rows, PassShape.logitBucket(batch.rows(), logitRows), together ? 0 : splits);
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

  private void requireLogitRow(int row) {
    if (row < 0 || row >= logitRows) {
      throw new IndexOutOfBoundsException("logit row " + row + " of " + logitRows);
    }
  }

  /** Frees all GPU memory of the model; does nothing that a lost context could hinder. */
  @Override
  public void close() {
    graphs.close();
    arena.close();
  }
}
