package io.adaspec.gpu;

import io.adaspec.gpu.KernelModule.Grid;
import io.adaspec.runtime.device.DevicePeaks;
import io.adaspec.runtime.time.NanoClock;
import java.util.function.IntConsumer;

/**
 * Measures what a GPU can do at best, with kernels that do nothing else: 16-byte copies, and the
 * matrix instruction that the products use. Takes memory for as long as it measures.
 */
final class PeakProbe {
  private static final long LEAST_BYTES = 1L << 20;
  private static final long MOST_BYTES = 1L << 30;
  private static final int MOST_ROUNDS = 1 << 18;
  private static final int BLOCKS_PER_MULTIPROCESSOR = 8;
  private static final int REPETITIONS = 8;
  private static final long LEAST_NANOS = 20_000_000;

  /** Of eight instructions of 16 outputs by 8 rows by 16 inputs. */
  private static final double FLOPS_PER_WARP_AND_ROUND = 8 * 2.0 * 16 * 8 * 16;

  private static final int WARPS = KernelModule.BLOCK / 32;

  private final NanoClock clock = NanoClock.system();
  private final CudaContext context;
  private final KernelModule kernels;
  private final Grid grid;

  private PeakProbe(CudaContext context) {
    this.context = context;
    this.kernels = KernelModule.load(context);
    this.grid = Grid.of(context.multiprocessors() * BLOCKS_PER_MULTIPROCESSOR);
  }

  /**
   * Measures a GPU; a second or two.
   *
   * @throws io.adaspec.runtime.device.DeviceException if it fails
   */
  static DevicePeaks measure(int ordinal) {
    try (CudaContext context = CudaContext.create(ordinal)) {
      PeakProbe probe = new PeakProbe(context);
      return new DevicePeaks(probe.copyBytesPerSecond(), probe.matrixFlopsPerSecond());
    }
  }

  /** Larger and larger copies, so that no cache holds them and starting one does not count. */
  private double copyBytesPerSecond() {
    long most = Math.min(MOST_BYTES, context.freeBytes() / 4);
    long bytes = LEAST_BYTES;
    while (true) {
      try (DeviceArena arena = new DeviceArena()) {
        DeviceBuffer from = arena.allocate(bytes, "a probe");
        DeviceBuffer to = arena.allocate(bytes, "a probe");
        int pieces = Math.toIntExact(bytes / 16);
        double nanos =
            leastNanos(
                times -> {
                  for (int i = 0; i < times; i++) {
                    kernels.launch(
                        "probe_copy", grid, new LaunchArguments().add(from).add(to).add(pieces));
                  }
                });
        if (nanos >= LEAST_NANOS || bytes * 4 > most) {
          return 2.0 * bytes * 1e9 / nanos;
        }
      }
      bytes *= 4;
    }
  }

  private double matrixFlopsPerSecond() {
    try (DeviceArena arena = new DeviceArena()) {
      DeviceBuffer sums = arena.allocate(4L * grid.x() * KernelModule.BLOCK, "a probe");
      for (int rounds = 16; ; rounds *= 4) {
        int now = rounds;
        double nanos =
            leastNanos(
                times -> {
                  for (int i = 0; i < times; i++) {
                    kernels.launch("probe_matrix", grid, new LaunchArguments().add(sums).add(now));
                  }
                });
        if (nanos >= LEAST_NANOS || rounds >= MOST_ROUNDS) {
          return (double) rounds * grid.x() * WARPS * FLOPS_PER_WARP_AND_ROUND * 1e9 / nanos;
        }
      }
    }
  }

  /** Time of one launch among several in a row, at best. */
  private double leastNanos(IntConsumer launches) {
    double least = Double.POSITIVE_INFINITY;
    int times = 1;
    for (int i = 0; i < REPETITIONS; i++) {
      long start = clock.nanoTime();
      launches.accept(times);
      context.synchronize();
      double nanos = (double) (clock.nanoTime() - start) / times;
      least = Math.min(least, nanos);
      if (nanos >= LEAST_NANOS) {
        return least;
      }
      times = REPETITIONS;
    }
    return least;
  }
}
