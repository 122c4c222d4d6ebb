package io.adaspec.gpu;

import io.adaspec.gpu.KernelModule.Grid;

/**
 * Launches matrix products: the kernel that suits the number of rows. All kernels of a format give
 * the same bits, so the choice is one of speed alone.
 */
final class Products {
  private static final int NARROW_ROWS = 64;

  /** Narrow kernels of so many rows take two tiles of outputs a block. */
  private static final int TWO_TILES_FROM = 32;

  /** From this many rows on arithmetic, not reading weights, is the cost. */
  private static final int WIDE_FROM = 256;

  private static final int WIDE_TILE = 128;
  private static final int WIDE_STAGES = 4;
  private static final int F32_ROWS = 8;
  private static final int F32_OUTPUTS = 8;

  private final KernelModule kernels;
  private final DeviceBuffer counts;

  /**
   * @param counts begins with the counts of the pass
   */
  Products(KernelModule kernels, DeviceBuffer counts) {
    this.kernels = kernels;
    this.counts = counts;
  }

  /**
   * Rows of a pass side by side.
   *
   * @param countIndex which count of the pass says how many they are
   * @param first the first of them
   * @param bucket of that count
   */
  record Rows(int countIndex, int first, int bucket) {}

  /**
   * Queues {@code out[r] = stack · x[r]}.
   *
   * @param countIndex which count of the pass says how many rows there are
   * @param rows bucket of that count
   */
  void launch(DeviceModel.Stack stack, int countIndex, int rows, DeviceBuffer x, DeviceBuffer out) {
    launch(stack, new Rows(countIndex, 0, rows), x, out);
  }

  /** Queues the same for some of the rows of {@code x} and {@code out}. */
  void launch(DeviceModel.Stack stack, Rows rows, DeviceBuffer x, DeviceBuffer out) {
    for (DeviceMatrix part : stack.parts()) {
      launch(part, stack.outputs(), rows, x, out);
    }
  }

  /**
   * Queues the product with one matrix of a stack.
   *
   * @param outStride outputs of the stack
   */
  void launch(DeviceMatrix part, int outStride, Rows rows, DeviceBuffer x, DeviceBuffer out) {
    MatrixPlan plan = part.plan();
    long inputBytes = (long) plan.chunks() * plan.format().activations().bytes();
    LaunchArguments arguments =
        new LaunchArguments()
            .add(counts)
            .add(rows.countIndex())
            .add(part.data())
            .add(part.scales())
            .add(x, rows.first() * inputBytes * DeviceFormat.TILE_INPUTS)
            .add(out, Float.BYTES * ((long) rows.first() * outStride + plan.outColumn()))
            .add(plan.outputs())
            .add(plan.chunks())
            .add(outStride);
    String name = "matmul_" + plan.format().kernelName();
    int bucket = rows.bucket();
    if (plan.format() == DeviceFormat.F32) {
      int blocks = Math.ceilDiv(plan.outputs(), F32_OUTPUTS);
      kernels.launch(name, Grid.of(blocks, Math.ceilDiv(bucket, F32_ROWS), 1), arguments);
    } else if (bucket >= WIDE_FROM) {
      kernels.launch(name + "_wide", wide(plan, bucket), arguments);
    } else {
      int tile = Math.min(bucket, NARROW_ROWS);
      int tiles = tile >= TWO_TILES_FROM ? 2 : 1;
      int blocks = Math.ceilDiv(plan.outputs(), tiles * DeviceFormat.TILE_OUTPUTS);
      kernels.launch(name + "_" + tile, Grid.of(Math.ceilDiv(bucket, tile), blocks, 1), arguments);
    }
  }

  private static Grid wide(MatrixPlan plan, int rows) {
    int tiles = WIDE_TILE / DeviceFormat.TILE_OUTPUTS;
    int stageBytes =
        tiles * (plan.format().tileBytes() + 2 * DeviceFormat.TILE_OUTPUTS)
            + WIDE_TILE * 2 * DeviceFormat.TILE_INPUTS;
    return new Grid(
        Math.ceilDiv(rows, WIDE_TILE),
        Math.ceilDiv(plan.outputs(), WIDE_TILE),
        1,
        KernelModule.BLOCK,
        WIDE_STAGES * stageBytes);
  }
}
