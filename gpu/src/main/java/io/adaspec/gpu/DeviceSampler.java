package io.adaspec.gpu;

import static io.adaspec.gpu.CudaCheck.check;

import io.adaspec.gpu.KernelModule.Grid;
import io.adaspec.runtime.model.RowSamples;
import io.adaspec.runtime.model.RowSampling;
import io.adaspec.runtime.request.SamplingParams;
import io.adaspec.runtime.request.SpeculationPreference;
import io.adaspec.runtime.sampling.CounterRng;
import io.adaspec.runtime.sampling.InvalidLogitsException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jcuda.driver.JCudaDriver;

/**
 * Chooses tokens on the GPU from the logits that a pass left there; only tokens, confidences and
 * margins come back. The same arithmetic as the runtime's {@code TokenSampler}.
 */
final class DeviceSampler {
  private static final int SLICE = 4096;
  private static final int SAMPLING_BYTES = 56;
  private static final int SCAN_BYTES = 16;
  private static final int RACE_BYTES = 40;
  private static final int CHOICE_BYTES = 16;

  /** Passes whose choices are kept side by side. */
  static final int MOST_PASSES = SpeculationPreference.MAX;

  private static final int TRUNCATION_THREADS = 1024;
  private static final int WARP = 32;
  private static final int GREEDY = 1;
  private static final int CONFIDENCE = 2;
  private static final int TRUNCATED = 4;

  private final CudaContext context;
  private final KernelModule kernels;
  private final DeviceBuffer counts;
  private final DeviceBuffer logits;
  private final int vocabulary;
  private final int slices;
  private final DeviceBuffer samplings;
  private final DeviceBuffer scans;
  private final DeviceBuffer borders;
  private final DeviceBuffer races;
  private final DeviceBuffer choices;
  private final DeviceBuffer probabilities;
  private final PinnedBuffer staging;
  private final PinnedBuffer results;

  /**
   * @param counts begins with the counts of the last pass
   * @param logits [logit rows, vocabulary] that it left
   */
  DeviceSampler(
      CudaContext context,
      KernelModule kernels,
      DeviceBuffer counts,
      DeviceBuffer logits,
      int vocabulary,
      int maxRows,
      DeviceArena arena) {
    this.context = context;
    this.kernels = kernels;
    this.counts = counts;
    this.logits = logits;
    this.vocabulary = vocabulary;
    this.slices = Math.ceilDiv(vocabulary, SLICE);
    this.samplings = arena.allocate((long) maxRows * SAMPLING_BYTES, "sampling");
    this.scans = arena.allocate((long) maxRows * slices * SCAN_BYTES, "sampling");
    this.borders = arena.allocate((long) maxRows * Long.BYTES, "sampling");
    this.races = arena.allocate((long) maxRows * slices * RACE_BYTES, "sampling");
    this.choices = arena.allocate(choiceBytes(maxRows), "sampling");
    this.probabilities = arena.allocate(4L * vocabulary, "sampling");
    this.staging = arena.allocatePinned((long) maxRows * SAMPLING_BYTES, "sampling");
    this.results =
        arena.allocatePinned(
            Math.max(choiceBytes(maxRows), 4L * vocabulary), "results of sampling");
  }

  /** A draft loop has at most as many logit rows as a block has threads. */
  private static long choiceBytes(int maxRows) {
    long loop = (long) MOST_PASSES * PassShape.rowBucket(Math.min(maxRows, KernelModule.BLOCK));
    return CHOICE_BYTES * Math.max(PassShape.rowBucket(maxRows), loop);
  }

  /**
   * Sends how every logit row is sampled.
   *
   * @return whether a row is truncated, which {@link #launch} must know
   */
  boolean stage(RowSampling sampling) {
    boolean truncates = false;
    for (int row = 0; row < sampling.rows(); row++) {
      truncates |= truncates(sampling.params(row));
      write(sampling.params(row), sampling.position(row), sampling.needsConfidence(row), row);
    }
    send(0, sampling.rows());
    return truncates;
  }

  /**
   * Queues the kernels that choose a token for every logit row.
   *
   * @param rows bucket of the logit rows
   */
  void launch(int rows, boolean truncates) {
    launchFor(0, rows, truncates, 0);
  }

  /**
   * The same for a pass of a draft loop.
   *
   * @param pass 0 is the first
   * @param stride choices between those of two passes
   */
  void launch(int rows, boolean truncates, int pass, int stride) {
    launchFor(0, rows, truncates, choicesAt(pass, stride));
  }

  /** Where the choices of a pass of a draft loop begin, in bytes. */
  static long choicesAt(int pass, int stride) {
    return (long) pass * stride * CHOICE_BYTES;
  }

  DeviceBuffer choices() {
    return choices;
  }

  DeviceBuffer samplings() {
    return samplings;
  }

  /**
   * Waits for the tokens of a draft loop.
   *
   * @param drafts [logit rows] tokens sampled for each
   * @param stride choices between those of two passes
   * @throws InvalidLogitsException if logits are not finite
   */
  void receive(RowSampling sampling, int[] drafts, int stride, RowSamples out) {
    int passes = 0;
    int count = 0;
    for (int row = 0; row < sampling.rows(); row++) {
      passes = Math.max(passes, drafts[row]);
      count += drafts[row];
    }
    receive(choices, choicesAt(passes - 1, stride) + (long) sampling.rows() * CHOICE_BYTES);
    out.ensure(count);
    int to = 0;
    for (int pass = 0; pass < passes; pass++) {
      int at = 0;
      for (int row = 0; row < sampling.rows(); row++) {
        if (drafts[row] > pass) {
          long from = choicesAt(pass, stride) + (long) at++ * CHOICE_BYTES;
          read(from, sampling.position(row) + pass, to++, out);
        }
      }
    }
  }

  private void read(long at, int position, int to, RowSamples out) {
    MemorySegment chosen = results.memory();
    int bad = chosen.get(ValueLayout.JAVA_INT, at + 12);
    if (bad != 0) {
      throw InvalidLogitsException.at(bad, vocabulary, position);
    }
    out.tokenIds()[to] = chosen.get(ValueLayout.JAVA_INT, at);
    out.confidences()[to] = chosen.get(ValueLayout.JAVA_FLOAT, at + 4);
    out.margins()[to] = chosen.get(ValueLayout.JAVA_FLOAT, at + 8);
  }

  /**
   * Waits for the tokens.
   *
   * @throws InvalidLogitsException if logits are not finite
   */
  void receive(RowSampling sampling, RowSamples out) {
    int rows = sampling.rows();
    receive(choices, (long) rows * CHOICE_BYTES);
    out.ensure(rows);
    for (int row = 0; row < rows; row++) {
      read((long) row * CHOICE_BYTES, sampling.position(row), row, out);
    }
  }

  /**
   * The transformed distribution of one logit row.
   *
   * @param out [vocabulary] receives probabilities
   */
  void distribution(int row, SamplingParams params, float[] out) {
    write(params, 0, false, 0);
    send(row, 1);
    launchFor(row, 1, truncates(params), 0);
    writeDistributions(row, 1, probabilities, 0);
    receive(probabilities, probabilities.bytes());
    MemorySegment.copy(results.memory(), ValueLayout.JAVA_FLOAT, 0, out, 0, vocabulary);
  }

  /**
   * Queues writing the transformed distributions of rows that were sampled.
   *
   * @param to receives [rows, vocabulary] floats from byte {@code offset} on
   */
  void writeDistributions(int firstRow, int rows, DeviceBuffer to, long offset) {
    LaunchArguments arguments =
        new LaunchArguments().add(logits).add(vocabulary).add(vocabulary).add(firstRow);
    kernels.launch(
        "write_distributions", Grid.of(slices, rows, 1), sampled(arguments).add(to, offset));
  }

  /**
   * Queues the verification of draft tokens against rows that were sampled.
   *
   * @param proposals [.., vocabulary] what they were drawn from
   * @param drafts [count] as {@code DraftRow} in {@code rejection.cu}
   * @param recovered where behind them [count] tokens are written, in bytes
   */
  void reject(int count, DeviceBuffer proposals, DeviceBuffer drafts, long recovered) {
    LaunchArguments arguments = new LaunchArguments().add(logits).add(vocabulary).add(vocabulary);
    kernels.launch(
        "reject_drafts",
        Grid.of(count),
        sampled(arguments).add(proposals).add(drafts).add(drafts, recovered));
  }

  /** Adds what sampling left of the rows. */
  private LaunchArguments sampled(LaunchArguments arguments) {
    return arguments.add(samplings).add(scans).add(borders).add(races).add(slices);
  }

  /** The raw logits of one logit row. */
  void logits(int row, float[] out) {
    long bytes = 4L * vocabulary;
    check(
        JCudaDriver.cuMemcpyDtoHAsync(
            results.pointer(), logits.pointer(row * bytes), bytes, context.stream()),
        "cuMemcpyDtoHAsync");
    context.synchronize();
    MemorySegment.copy(results.memory(), ValueLayout.JAVA_FLOAT, 0, out, 0, vocabulary);
  }

  private void launchFor(int firstRow, int rows, boolean truncates, long choicesAt) {
    kernels.launch(
        "scan_logits", Grid.of(slices, rows, 1), rowArguments(firstRow).add(scans).add(slices));
    if (truncates) {
      kernels.launch(
          "truncate_logits",
          new Grid(rows, 1, 1, TRUNCATION_THREADS, 0),
          rowArguments(firstRow).add(samplings).add(scans).add(slices).add(borders));
    }
    kernels.launch(
        "race_tokens",
        Grid.of(slices, rows, 1),
        rowArguments(firstRow).add(samplings).add(scans).add(borders).add(slices).add(races));
    kernels.launch(
        "choose_tokens",
        new Grid(rows, 1, 1, WARP, 0),
        new LaunchArguments()
            .add(counts)
            .add(vocabulary)
            .add(samplings)
            .add(scans)
            .add(races)
            .add(slices)
            .add(choices, choicesAt));
  }

  private LaunchArguments rowArguments(int firstRow) {
    return new LaunchArguments()
        .add(counts)
        .add(logits)
        .add(vocabulary)
        .add(vocabulary)
        .add(firstRow);
  }

  private static boolean truncates(SamplingParams params) {
    return !params.isGreedy() && (params.topK() > 0 || params.topP() < 1 || params.minP() > 0);
  }

  /** Lays out how a row is sampled, as entry {@code index} of what is sent next. */
  private void write(SamplingParams params, int position, boolean needsConfidence, int index) {
    MemorySegment to = staging.memory();
    long at = (long) index * SAMPLING_BYTES;
    boolean greedy = params.isGreedy();
    int flags =
        (greedy ? GREEDY : 0)
            | (needsConfidence ? CONFIDENCE : 0)
            | (truncates(params) ? TRUNCATED : 0);
    to.set(
        ValueLayout.JAVA_LONG,
        at,
        CounterRng.stream(params.seed(), position, CounterRng.Purpose.TOKEN));
    to.set(ValueLayout.JAVA_DOUBLE, at + 8, greedy ? 1 : 1.0 / params.temperature());
    to.set(ValueLayout.JAVA_DOUBLE, at + 16, params.topP());
    to.set(ValueLayout.JAVA_DOUBLE, at + 24, StrictMath.log(params.minP()));
    to.set(ValueLayout.JAVA_INT, at + 32, params.topK());
    to.set(ValueLayout.JAVA_INT, at + 36, flags);
    to.set(ValueLayout.JAVA_LONG, at + 40, CounterRng.root(params.seed()));
    to.set(ValueLayout.JAVA_INT, at + 48, position);
  }

  private void send(int firstRow, int rows) {
    check(
        JCudaDriver.cuMemcpyHtoDAsync(
            samplings.pointer((long) firstRow * SAMPLING_BYTES),
            staging.pointer(),
            (long) rows * SAMPLING_BYTES,
            context.stream()),
        "cuMemcpyHtoDAsync");
  }

  private void receive(DeviceBuffer from, long bytes) {
    check(
        JCudaDriver.cuMemcpyDtoHAsync(results.pointer(), from.pointer(), bytes, context.stream()),
        "cuMemcpyDtoHAsync");
    context.synchronize();
  }
}
