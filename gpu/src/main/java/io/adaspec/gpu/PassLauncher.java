package io.adaspec.gpu;

import io.adaspec.gpu.KernelModule.Grid;
import io.adaspec.runtime.kvcache.KvGeometry;
import io.adaspec.runtime.kvcache.KvGeometry.ElementType;
import io.adaspec.runtime.model.ModelConfig;
import io.adaspec.runtime.model.ModelConfig.RopePairing;

/**
 * Queues the kernels of a forward pass: embedding; per block norm, attention over paged KV, norm,
 * gated FFN; at the end norm and head for the rows that need logits.
 */
final class PassLauncher {
  private static final int ALL_ROWS = PassLayout.ALL_ROWS;
  private static final int LOGIT_ROWS = PassLayout.LOGIT_ROWS;

  private final KernelModule kernels;
  private final DeviceModel model;
  private final ModelConfig config;
  private final KvGeometry geometry;
  private final PagedKvStore kv;
  private final PassLayout layout;
  private final WorkBuffers work;
  private final Products products;

  PassLauncher(
      KernelModule kernels,
      DeviceModel model,
      PagedKvStore kv,
      PassLayout layout,
      WorkBuffers work) {
    this.kernels = kernels;
    this.model = model;
    this.config = model.config();
    this.geometry = kv.geometry();
    this.kv = kv;
    this.layout = layout;
    this.work = work;
    this.products = new Products(kernels, work.pass());
  }

  /** Queues a whole pass. */
  void launch(PassShape shape) {
    launch(shape, ours(ALL_ROWS, shape.rows()));
  }

  /**
   * Queues a whole pass whose stretch of prefill is left to the library, but for what sampled rows
   * need.
   */
  void launch(PassShape shape, PrefillStretch stretch, LibraryProducts library) {
    launch(shape, new PrefillProducts(products, library, stretch));
  }

  private RowProducts ours(int count, int rows) {
    return (stack, x, out) -> products.launch(stack, count, rows, x, out);
  }

  private void launch(PassShape shape, RowProducts ofAllRows) {
    RowGroup all = new RowGroup(ALL_ROWS, shape.rows(), ofAllRows);
    RowGroup sampled =
        new RowGroup(LOGIT_ROWS, shape.logitRows(), ours(LOGIT_ROWS, shape.logitRows()));
    embed(shape.rows());
    for (int i = 0; i < config.layers(); i++) {
      DeviceModel.Layer layer = model.layers().get(i);
      boolean last = i == config.layers() - 1;
      norm(
          new Norm(ALL_ROWS, shape.rows(), work.x(), i > 0, layer.attentionNorm()),
          layer.queryKeyValue());
      ofAllRows.launch(layer.queryKeyValue(), work.normed(), work.queryKeyValue());
      placeKeys(shape.rows(), layer, i);
      if (last && shape.logitRows() == 0) {
        return;
      }
      attend(shape, layer, i);
      if (last) {
        gather(shape.logitRows(), layer.attentionOutput().activations());
        feedForward(sampled, work.logitX(), work.logitAttended(), layer);
      } else {
        feedForward(all, work.x(), work.attended(), layer);
      }
    }
    norm(
        new Norm(LOGIT_ROWS, shape.logitRows(), work.logitX(), true, model.outputNorm()),
        model.head());
    sampled.products().launch(model.head(), work.normed(), work.logits());
  }

  /**
   * Rows that go through a layer together.
   *
   * @param count which count of the pass says how many they are
   * @param rows bucket of that count
   */
  private record RowGroup(int count, int rows, RowProducts products) {}

  /**
   * Queues the step from one pass of a draft loop to the next.
   *
   * @param choices of the rows that were sampled
   * @param samplings how they were
   */
  void nextDraft(DeviceBuffer choices, long choicesAt, DeviceBuffer samplings) {
    kernels.launch(
        "next_draft",
        Grid.of(1),
        new LaunchArguments()
            .add(work.pass())
            .add(layout.tokens())
            .add(layout.positions())
            .add(layout.rowTables())
            .add(layout.logitRows())
            .add(layout.draftsLeft())
            .add(layout.tasks())
            .add(layout.tilesPerRow())
            .add(PassLayout.TILE_QUERIES)
            .add(config.vocabularySize())
            .add(choices, choicesAt)
            .add(samplings));
  }

  private void embed(int rows) {
    DeviceMatrix embedding = model.embedding();
    kernels.launch(
        "embed",
        Grid.of(rows),
        new LaunchArguments()
            .add(work.pass())
            .add(work.pass(), 4L * layout.tokens())
            .add(work.pass(), 4L * layout.positions())
            .add(embedding.data())
            .add(embedding.scales())
            .add(embedding.plan().format().code())
            .add(embedding.plan().chunks())
            .add(work.x())
            .add(config.hiddenSize())
            .add(model.frequencies())
            .add(work.cosines())
            .add(work.sines())
            .add(config.ropeSize() / 2));
  }

  /** Attention output, residual, FFN; leaves the FFN's result to be added by the next norm. */
  private void feedForward(
      RowGroup group, DeviceBuffer x, DeviceBuffer attended, DeviceModel.Layer layer) {
    RowProducts multiply = group.products();
    multiply.launch(layer.attentionOutput(), attended, work.out());
    norm(new Norm(group.count(), group.rows(), x, true, layer.feedForwardNorm()), layer.gateUp());
    multiply.launch(layer.gateUp(), work.normed(), work.gateUp());
    kernels.launch(
        "silu_gate",
        Grid.of(Math.ceilDiv(config.feedForwardSize(), KernelModule.BLOCK), group.rows(), 1),
        new LaunchArguments()
            .add(work.pass())
            .add(group.count())
            .add(work.gateUp())
            .add(work.gated())
            .add(ElementCodes.code(layer.down().activations()))
            .add(config.feedForwardSize())
            .add(layer.down().chunks() * DeviceFormat.TILE_INPUTS));
    multiply.launch(layer.down(), work.gated(), work.out());
  }

  /** Which rows are normed: of {@code x}, the last result perhaps added first. */
  private record Norm(int count, int rows, DeviceBuffer x, boolean adds, DeviceBuffer weight) {}

  private void norm(Norm norm, DeviceModel.Stack consumer) {
    kernels.launch(
        "rms_norm",
        Grid.of(norm.rows()),
        new LaunchArguments()
            .add(work.pass())
            .add(norm.count())
            .add(norm.x())
            .add(work.out())
            .add(norm.adds() ? 1 : 0)
            .add(norm.weight())
            .add(work.normed())
            .add(ElementCodes.code(consumer.activations()))
            .add(config.hiddenSize())
            .add(consumer.chunks() * DeviceFormat.TILE_INPUTS)
            .add(config.normEpsilon()));
  }

  private void placeKeys(int rows, DeviceModel.Layer layer, int index) {
    boolean halves = config.ropePairing() == RopePairing.HALVES;
    kernels.launch(
        "place_keys",
        Grid.of(rows),
        new LaunchArguments()
            .add(work.pass())
            .add(work.pass(), 4L * layout.positions())
            .add(work.pass(), 4L * layout.rowTables())
            .add(work.pass(), 4L * layout.tables())
            .add(work.queryKeyValue())
            .add(layer.bias())
            .add(layer.biased() ? 1 : 0)
            .add(layer.headNorm())
            .add(layer.headsNormed() ? 1 : 0)
            .add(config.normEpsilon())
            .add(work.cosines())
            .add(work.sines())
            .add(config.ropeSize() / 2)
            .add(halves ? 1 : 2)
            .add(halves ? config.ropeSize() / 2 : 1)
            .add(config.heads())
            .add(config.kvHeads())
            .add(config.headSize())
            .add((float) (1 / Math.sqrt(config.headSize())))
            .add(kv.memory(), kv.layerAt(index))
            .add(ElementCodes.code(geometry.elementType()))
            .add(geometry.blockTokens()));
  }

  private void attend(PassShape shape, DeviceModel.Layer layer, int index) {
    String type = ElementCodes.kernelName(geometry.elementType());
    int tasks = layout.maxTasks(shape.rows());
    int outType = ElementCodes.code(layer.attentionOutput().activations());
    int outStride = layer.attentionOutput().chunks() * DeviceFormat.TILE_INPUTS;
    if (shape.splits() == 0) {
      kernels.launch(
          "attend_rows_" + type,
          Grid.of(tasks, config.kvHeads(), 1),
          attentionArguments(index).add(work.attended()).add(outType).add(outStride));
      return;
    }
    kernels.launch(
        "attend_splits_" + type,
        Grid.of(tasks, config.kvHeads(), shape.splits()),
        attentionArguments(index).add(work.partials()).add(shape.splits()));
    kernels.launch(
        "merge_splits",
        Grid.of(shape.rows(), config.heads(), 1),
        new LaunchArguments()
            .add(work.pass())
            .add(work.pass(), 4L * layout.positions())
            .add(work.partials())
            .add(shape.splits())
            .add(config.heads())
            .add(config.headSize())
            .add(work.attended())
            .add(outType)
            .add(outStride));
  }

  private LaunchArguments attentionArguments(int layer) {
    return new LaunchArguments()
        .add(work.pass())
        .add(work.pass(), 4L * layout.tasks())
        .add(work.pass(), 4L * layout.positions())
        .add(work.pass(), 4L * layout.tables())
        .add(work.queryKeyValue())
        .add(kv.memory(), kv.layerAt(layer))
        .add(config.heads())
        .add(config.kvHeads())
        .add(config.headSize())
        .add(geometry.blockTokens());
  }

  private void gather(int rows, ElementType type) {
    int inputs = Math.ceilDiv(config.querySize(), DeviceFormat.TILE_INPUTS);
    int bytes = inputs * DeviceFormat.TILE_INPUTS * type.bytes();
    kernels.launch(
        "gather_rows",
        Grid.of(rows),
        new LaunchArguments()
            .add(work.pass())
            .add(work.pass(), 4L * layout.logitRows())
            .add(work.x())
            .add(work.logitX())
            .add(config.hiddenSize())
            .add(work.attended())
            .add(work.logitAttended())
            .add(bytes / Integer.BYTES));
  }
}
