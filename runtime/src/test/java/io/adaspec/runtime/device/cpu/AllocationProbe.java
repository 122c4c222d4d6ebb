package io.adaspec.runtime.device.cpu;

import com.sun.management.ThreadMXBean;
import io.adaspec.runtime.model.ForwardBatch;
import io.adaspec.runtime.model.LoadedModel;
import io.adaspec.runtime.model.ModelFiles;
import io.adaspec.runtime.model.ModelRunner;
import io.adaspec.runtime.model.RowSamples;
import io.adaspec.runtime.model.RowSampling;
import io.adaspec.runtime.model.SharedAssets;
import io.adaspec.runtime.request.SamplingParams;
import io.adaspec.runtime.tensor.Kernels;
import io.adaspec.runtime.tensor.WorkerTeam;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.util.Arrays;

/**
 * The program that {@link AllocationTest} starts: passes of one to five rows until a window of them
 * allocates nothing, or too many windows have passed.
 */
final class AllocationProbe {
  static final String RESULT = "bytes allocated: ";
  static final int WINDOW_PASSES = 40;
  private static final int MOST_WINDOWS = 300;

  private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private final ForwardBatch batch = new ForwardBatch();
  private final RowSampling sampling = new RowSampling();
  private final RowSamples samples = new RowSamples();
  private final SamplingParams params;

  private AllocationProbe(SamplingParams params) {
    this.params = params;
  }

  /**
   * Prints the bytes that the best window allocated.
   *
   * @param arguments temperature, top-k, top-p and min-p
   */
  public static void main(String[] arguments) throws IOException {
    SamplingParams params =
        new SamplingParams(
            Float.parseFloat(arguments[0]),
            Integer.parseInt(arguments[1]),
            Float.parseFloat(arguments[2]),
            Float.parseFloat(arguments[3]),
            7);
    try (LoadedModel loaded =
            ModelFiles.open(
                SharedAssets.bundled("models/storyteller/storyteller-draft-q8_0.gguf"));
        WorkerTeam team = new WorkerTeam(2);
        ModelRunner runner = GreedyDecoding.runner(loaded.forDevice(), Kernels.best(), team)) {
      System.out.println(RESULT + new AllocationProbe(params).leastBytes(runner));
    }
  }

  private long leastBytes(ModelRunner runner) {
    int[] table = {1, 0, 2, 3};
    long[] workers = workers();
    if (workers.length == 0) {
      throw new IllegalStateException("no thread of the worker team was found by its name");
    }
    long least = Long.MAX_VALUE;
    for (int window = 0; window < MOST_WINDOWS && least > 0; window++) {
      long before = allocatedBytes(workers);
      for (int pass = 0; pass < WINDOW_PASSES; pass++) {
        pass(runner, table, pass, 1 + pass % 5);
      }
      least = Math.min(least, allocatedBytes(workers) - before);
    }
    return least;
  }

  private void pass(ModelRunner runner, int[] table, int position, int rows) {
    batch.clear();
    sampling.clear();
    batch.addSequence(table);
    for (int row = 0; row < rows; row++) {
      batch.addRow(7, position + row, true);
      sampling.add(params, position + row + 1, true);
    }
    runner.forward(batch);
    runner.sample(sampling, samples);
  }

  /** The team's threads but this one. */
  private long[] workers() {
    return Arrays.stream(threads.getThreadInfo(threads.getAllThreadIds()))
        .filter(info -> info != null && info.getThreadName().startsWith("adaspec-worker"))
        .mapToLong(ThreadInfo::getThreadId)
        .toArray();
  }

  private long allocatedBytes(long[] workers) {
    long bytes = threads.getCurrentThreadAllocatedBytes();
    for (long worker : workers) {
      bytes += threads.getThreadAllocatedBytes(worker);
    }
    return bytes;
  }
}
