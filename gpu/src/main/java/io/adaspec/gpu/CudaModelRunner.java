package io.adaspec.gpu;

import static io.adaspec.gpu.CudaCheck.check;

import io.adaspec.runtime.kvcache.KvGeometry;
import io.adaspec.runtime.model.DeviceRejection;
import io.adaspec.runtime.model.ForwardBatch;
import io.adaspec.runtime.model.ModelConfig;
import io.adaspec.runtime.model.ModelRunner;
import io.adaspec.runtime.model.RowSamples;
import io.adaspec.runtime.model.RowSampling;
import io.adaspec.runtime.request.SamplingParams;
import java.util.Optional;
import java.util.function.LongConsumer;
import jcuda.driver.JCudaDriver;

/**
 * One model on one GPU. A pass with its sampling is a copy of integers, a copy of sampling
 * parameters, one CUDA graph, a copy back and one wait, for the tokens. So the kernels of a pass
 * whose logits are wanted are not queued before it is known what for. Where rows have penalties,
 * pass and sampling are a graph each, and these come between. Owns weights and work memory, and KV
 * memory unless it lies in that of another model; the context is the device's.
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
  private final DevicePenalties penalties;
  private final DeviceSampler sampler;
  private final Optional<LibraryProducts> library;
  private PassShape shape = NONE;
  private boolean pending;
  private boolean staged;
  private int logitRows;

  private static final PassShape NONE = new PassShape(0, 0, 0);

  /**
   * Kernels of a graph: those of a pass, of sampling its logits, or both; and of so many more
   * passes of a draft loop, of another shape.
   */
  private record GraphShape(
      PassShape pass, boolean computes, Sampling sampling, PassShape next, int more) {
    GraphShape(PassShape pass, boolean computes, Sampling sampling) {
      this(pass, computes, sampling, NONE, 0);
    }
  }

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
      WorkPlan workPlan,
      Optional<LibraryProducts> library) {
    this.context = context;
    this.arena = arena;
    this.kv = kv;
    this.maxRows = workPlan.maxRows();
    this.config = model.config();
    this.workPlan = workPlan;
    this.layout = new PassLayout(config, kv, maxRows);
    this.work = WorkBuffers.allocate(workPlan, layout.bytes(), arena, context);
    this.staging = arena.allocatePinned(layout.bytes(), "the pass");
    this.launcher = new PassLauncher(kernels, model, kv, layout, work);
    this.graphs = new LaunchGraphs<>(context, this::launch);
    this.penalties =
        new DevicePenalties(
            context, kernels, work.logits(), config.vocabularySize(), maxRows, arena);
    this.sampler =
        new DeviceSampler(
            context, kernels, work.pass(), work.logits(), config.vocabularySize(), maxRows, arena);
    this.library = library;
  }

  /**
   * Uploads a model and allocates its memory.
   *
   * @param library computes stretches of prefill; closed with the runner
   * @param progress told the bytes of weights as they are uploaded
   * @throws io.adaspec.runtime.device.DeviceException if the GPU fails; nothing stays allocated but
   *     for the library's memory
   */
  static CudaModelRunner create(
      CudaContext context,
      KernelModule kernels,
      RunnerPlan plan,
      Optional<LibraryProducts> library,
      LongConsumer progress) {
    DeviceArena arena = new DeviceArena();
    boolean done = false;
    try {
      DeviceModel model;
      try (WeightUploader uploader =
          new WeightUploader(context, kernels, arena, plan.model().bytes(), progress)) {
        model = DeviceModel.upload(plan.model(), uploader);
      }
      PagedKvStore kv = plan.kv().apply(arena);
      CudaModelRunner runner =
          new CudaModelRunner(context, kernels, arena, model, kv, plan.work(), library);
      done = true;
      return runner;
    } finally {
      if (!done) {
        arena.close();
      }
    }
  }

  /** Its KV blocks, and the memory that they lie in. */
  PagedKvStore kv() {
    return kv;
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
    awaitStaging();
    long used = layout.write(batch, staging.memory());
    Optional<PrefillStretch> stretch = library.flatMap(each -> each.stretch(batch));
    stretch.ifPresent(rows -> PassLayout.write(rows, staging.memory()));
    send(batch, used);
    if (stretch.isPresent()) {
      // not as a graph: the library chooses kernels by the exact number of rows
      launcher.launch(shape, stretch.get(), library.orElseThrow());
      pending = false;
    } else if (logitRows == 0) {
      graphs.launch(new GraphShape(shape, true, Sampling.NONE));
    } else {
      pending = true;
    }
  }

  private void awaitStaging() {
    if (staged) {
      context.synchronize();
    }
  }

  private void send(ForwardBatch batch, long used) {
    check(
        JCudaDriver.cuMemcpyHtoDAsync(
            work.pass().pointer(), staging.pointer(), used, context.stream()),
        "cuMemcpyHtoDAsync");
    staged = true;
    logitRows = batch.logitRowCount();
    shape = shapeOf(batch.rows(), layout.lastPosition() + 1);
  }

  @Override
  public int mostDraftedAtOnce() {
    return KernelModule.BLOCK;
  }

  @Override
  public void forwardAndDraft(
      ForwardBatch batch, RowSampling sampling, int[] drafts, RowSamples out) {
    int rows = batch.logitRowCount();
    int most = 1;
    for (int row = 0; row < rows; row++) {
      most = Math.max(most, drafts[row]);
      int last = batch.positions()[batch.logitRows()[row]] + drafts[row] - 1;
      requirePosition(last);
    }
    if (rows == 0 || rows > KernelModule.BLOCK || most > DeviceSampler.MOST_PASSES) {
      throw new IllegalArgumentException(
          "a draft loop has 1 to "
              + KernelModule.BLOCK
              + " logit rows and at most "
              + DeviceSampler.MOST_PASSES
              + " passes, not "
              + rows
              + " and "
              + most);
    }
    if (sampling.hasPenalties()) {
      throw new IllegalArgumentException(
          "a draft loop knows no penalties, which depend on its own tokens; draft pass by pass");
    }
    requireFits(batch);
    awaitStaging();
    send(batch, layout.write(batch, drafts, staging.memory()));
    PassShape next = shapeOf(rows, layout.lastPosition() + most);
    Sampling how = sampler.stage(sampling) ? Sampling.TRUNCATED : Sampling.PLAIN;
    graphs.launch(new GraphShape(shape, true, how, most > 1 ? next : NONE, most - 1));
    pending = false;
    sampler.receive(sampling, drafts, shape.logitRows(), out);
    staged = false;
    logitRows = 0;
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
      if (sampling.hasPenalties()) {
        compute();
        penalties.apply(sampling);
      }
      Sampling how = sampler.stage(sampling) ? Sampling.TRUNCATED : Sampling.PLAIN;
      graphs.launch(new GraphShape(shape, pending, how));
      pending = false;
      sampler.receive(sampling, out);
      staged = false;
      library.ifPresent(LibraryProducts::settled);
    }
  }

  @Override
  public Optional<DeviceRejection> rejectionOf(Optional<ModelRunner> draft) {
    CudaModelRunner drafter = this;
    if (draft.isPresent()) {
      if (!(draft.get() instanceof CudaModelRunner other)
          || other.context != context
          || other.maxRows != maxRows) {
        return Optional.empty();
      }
      drafter = other;
    }
    return Optional.of(
        new CudaRejection(
            context, sampler, drafter.sampler, drafter.work.logits(), drafter.maxRows, arena));
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
    boolean truncates = graph.sampling() == Sampling.TRUNCATED;
    if (graph.sampling() != Sampling.NONE) {
      sampler.launch(graph.pass().logitRows(), truncates);
    }
    int stride = graph.pass().logitRows();
    for (int pass = 1; pass <= graph.more(); pass++) {
      launcher.nextDraft(
          sampler.choices(), DeviceSampler.choicesAt(pass - 1, stride), sampler.samplings());
      launcher.launch(graph.next());
      sampler.launch(graph.next().logitRows(), truncates, pass, stride);
    }
  }

  /** Graphs recorded; for tests. */
  int graphs() {
    return graphs.size();
  }

  private PassShape shapeOf(int rows, int contextTokens) {
    int bucket = PassShape.rowBucket(rows);
    int splits = PassShape.splitBucket(contextTokens);
    boolean together = splits == 1 || !workPlan.fits(bucket, splits);
    return new PassShape(bucket, PassShape.logitBucket(rows, logitRows), together ? 0 : splits);
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
      requirePosition(batch.positions()[row]);
    }
  }

  private void requirePosition(int position) {
    if (position >= config.contextTokens()) {
      throw new IllegalArgumentException(
          "position " + position + " is outside the context of " + config.contextTokens());
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
    library.ifPresent(LibraryProducts::close);
    arena.close();
  }
}
