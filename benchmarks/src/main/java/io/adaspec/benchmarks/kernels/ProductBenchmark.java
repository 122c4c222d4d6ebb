package io.adaspec.benchmarks.kernels;

import io.adaspec.runtime.tensor.KernelScratch;
import io.adaspec.runtime.tensor.Kernels;
import io.adaspec.runtime.tensor.PackedMatrix;
import io.adaspec.runtime.tensor.Rows;
import io.adaspec.runtime.tensor.WeightFormat;
import io.adaspec.runtime.tensor.WeightTensor;
import io.adaspec.runtime.tensor.WorkerTeam;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A product of a few rows with one matrix on one thread. A matrix of 2048 × 768 stays in the caches
 * when small in bytes; 32000 × 768 does not.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(1)
public class ProductBenchmark {
  @Param({"Q8_0", "Q4_0", "F32"})
  public WeightFormat format = WeightFormat.F32;

  @Param({"2048", "32000"})
  public int outputs;

  @Param({"768"})
  public int inputs;

  @Param({"1", "2", "4", "8", "16", "128"})
  public int rows;

  private final Kernels kernels = Kernels.best();
  private final Arena arena = Arena.ofAuto();
  private PackedMatrix matrix = empty();
  private Rows x = Rows.allocate(0, 1);
  private Rows out = Rows.allocate(0, 1);
  private KernelScratch scratch = new KernelScratch(arena, 1);

  public ProductBenchmark() {}

  private static PackedMatrix empty() {
    return new PackedMatrix("", WeightFormat.F32, 1, 1, 1, MemorySegment.NULL);
  }

  @Setup(Level.Trial)
  public void pack() {
    SplittableRandom random = new SplittableRandom(1);
    byte[] bytes = new byte[Math.toIntExact(format.bytesOf(inputs) * outputs)];
    random.nextBytes(bytes);
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] &= (byte) 0x3B; // no number in it is infinite, whatever the format
    }
    MemorySegment data = arena.allocate(bytes.length).copyFrom(MemorySegment.ofArray(bytes));
    WeightTensor tensor =
        new WeightTensor("w", format, List.of((long) outputs, (long) inputs), data);
    try (WorkerTeam team = new WorkerTeam(1)) {
      matrix = PackedMatrix.pack(tensor, kernels.panelRows(), arena, team);
    }
    x = Rows.allocate(rows, inputs);
    for (int i = 0; i < x.data().length; i++) {
      x.data()[i] = (float) random.nextDouble() - 0.5f;
    }
    out = Rows.allocate(rows, matrix.paddedRows());
    scratch = new KernelScratch(arena, kernels.panelRows());
  }

  @Benchmark
  public float[] multiply() {
    kernels.multiply(matrix, 0, matrix.panels(), x, rows, out, 0, scratch);
    return out.data();
  }
}
