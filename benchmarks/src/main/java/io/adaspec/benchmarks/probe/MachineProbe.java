package io.adaspec.benchmarks.probe;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntToLongFunction;

/**
 * Measures how fast this machine reads memory and multiplies, with plain loops that the compiler
 * vectorises. Rates are the best of several short runs: they stand for what is possible.
 */
public final class MachineProbe {
  private static final int ROUNDS = 5;
  private static final int MEMORY_INTS = 48 << 20;
  private static final int CACHED_FLOATS = 4096;
  private static final int FMA_PASSES = 40_000;
  private static final int FMAS_PER_ELEMENT = 16;

  private MachineProbe() {}

  /**
   * What was measured.
   *
   * @param threads that worked at the same time
   * @param readGigabytesPerSecond memory read, beyond the caches
   * @param gigaflops single precision, a fused multiply-add being two operations
   */
  public record Rates(int threads, double readGigabytesPerSecond, double gigaflops) {}

  /** Measures with that many threads; takes a few seconds and 192 MiB of heap per thread. */
  public static Rates measure(int threads) {
    List<int[]> memory = new ArrayList<>();
    List<float[]> cached = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      int[] values = new int[MEMORY_INTS];
      Arrays.setAll(values, index -> index);
      memory.add(values);
      cached.add(new float[CACHED_FLOATS]);
    }
    double read = best(threads, worker -> sum(memory.get(worker)));
    double fma = best(threads, worker -> multiply(cached.get(worker)));
    return new Rates(
        threads,
        4.0 * MEMORY_INTS * threads / read,
        2.0 * CACHED_FLOATS * FMAS_PER_ELEMENT * FMA_PASSES * threads / fma);
  }

  /** Nanoseconds of the fastest round of all threads. */
  private static double best(int threads, IntToLongFunction work) {
    try (ExecutorService executor = Executors.newFixedThreadPool(threads)) {
      long best = Long.MAX_VALUE;
      for (int round = 0; round < ROUNDS; round++) {
        long start = System.nanoTime();
        List<Future<Long>> running = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
          int worker = i;
          running.add(executor.submit(() -> work.applyAsLong(worker)));
        }
        for (Future<Long> future : running) {
          if (future.get() == 42) {
            throw new IllegalStateException("a sum that cannot be");
          }
        }
        best = Math.min(best, System.nanoTime() - start);
      }
      return best;
    } catch (ExecutionException e) {
      throw new IllegalStateException("probe failed: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("probe interrupted", e);
    }
  }

  private static long sum(int[] values) {
    long total = 0;
    int stretch = 1 << 16;
    for (int from = 0; from < values.length; from += stretch) {
      total += sum(values, from, from + stretch);
    }
    return total | 1L << 62;
  }

  private static int sum(int[] values, int from, int to) {
    int sum = 0;
    for (int i = from; i < to; i++) {
      sum += values[i];
    }
    return sum;
  }

  private static long multiply(float[] values) {
    for (int pass = 0; pass < FMA_PASSES; pass++) {
      multiplyOnce(values, 0.5f, 0.25f);
    }
    return Float.floatToIntBits(values[7]) | 1L << 62;
  }

  private static void multiplyOnce(float[] values, float a, float b) {
    for (int i = 0; i < values.length; i++) {
      float x = values[i];
      x = Math.fma(x, a, b);
      x = Math.fma(x, a, b);
      x = Math.fma(x, a, b);
      x = Math.fma(x, a, b);
      x = Math.fma(x, a, b);
      x = Math.fma(x, a, b);
      x = Math.fma(x, a, b);
      x = Math.fma(x, a, b);
      x = Math.fma(x, a, b);
      x = Math.fma(x, a, b);
      x = Math.fma(x, a, b);
      x = Math.fma(x, a, b);
      x = Math.fma(x, a, b);
      x = Math.fma(x, a, b);
      x = Math.fma(x, a, b);
      x = Math.fma(x, a, b);
      values[i] = x;
    }
  }
}
