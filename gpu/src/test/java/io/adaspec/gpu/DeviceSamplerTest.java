package io.adaspec.gpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.adaspec.runtime.model.RowSamples;
import io.adaspec.runtime.model.RowSampling;
import io.adaspec.runtime.request.SamplingParams;
import io.adaspec.runtime.sampling.InvalidLogitsException;
import io.adaspec.runtime.sampling.TokenSampler;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
import jcuda.driver.JCudaDriver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Sampling on the GPU against the runtime's sampler, on the same logits. */
class DeviceSamplerTest {
  private static final int ROWS = 40;

  private final CudaContext context = TestGpu.context();
  private final DeviceArena arena = new DeviceArena();

  @AfterEach
  void close() {
    arena.close();
    context.close();
  }

  @Test
  void choosesTheTokensOfTheRuntimesSampler() {
    SplittableRandom random = new SplittableRandom(3);
    for (int vocabulary : new int[] {1, 37, 4096, 9000}) {
      float[][] logits = randomLogits(random, vocabulary);
      DeviceSampler sampler = sampler(logits, ROWS);
      TokenSampler oracle = new TokenSampler(vocabulary);
      for (int round = 0; round < 3; round++) {
        RowSampling sampling = new RowSampling();
        for (int row = 0; row < ROWS; row++) {
          sampling.add(randomParams(random, vocabulary), random.nextInt(5000), row % 3 > 0);
        }
        RowSamples samples = new RowSamples();
        sample(sampler, sampling, samples);
        for (int row = 0; row < ROWS; row++) {
          boolean confident = sampling.needsConfidence(row);
          int expected =
              oracle.sample(
                  logits[row], 0, sampling.params(row), sampling.position(row), confident);
          assertThat(samples.tokenIds()[row])
              .as("row %d of %d: %s", row, vocabulary, sampling.params(row))
              .isEqualTo(expected);
          assertThat(samples.margins()[row]).isEqualTo(oracle.margin());
          if (confident) {
            assertThat(samples.confidences()[row]).isCloseTo(oracle.confidence(), within(1e-6f));
          }
        }
      }
    }
  }

  @Test
  void distributionsAreThoseOfTheRuntimesSampler() {
    SplittableRandom random = new SplittableRandom(4);
    int vocabulary = 5000;
    float[][] logits = randomLogits(random, vocabulary);
    DeviceSampler sampler = sampler(logits, ROWS);
    float[] expected = new float[vocabulary];
    float[] actual = new float[vocabulary];
    for (int row = 0; row < ROWS; row++) {
      SamplingParams params = randomParams(random, vocabulary);
      new TokenSampler(vocabulary).distribution(logits[row], 0, params, expected);
      sampler.distribution(row, params, actual);
      for (int token = 0; token < vocabulary; token++) {
        assertThat(actual[token])
            .as("token %d, %s", token, params)
            .isCloseTo(expected[token], within(1e-7f));
      }
    }
  }

  @Test
  void refusesLogitsThatAreNotFiniteAndSaysWhere() {
    float[][] logits = randomLogits(new SplittableRandom(5), 600);
    logits[2][17] = Float.NaN;
    logits[2][18] = Float.POSITIVE_INFINITY;
    DeviceSampler sampler = sampler(logits, 3);
    RowSampling sampling = new RowSampling();
    for (int row = 0; row < 3; row++) {
      sampling.add(SamplingParams.greedy(), 70 + row);
    }
    assertThatThrownBy(() -> sample(sampler, sampling, new RowSamples()))
        .isInstanceOf(InvalidLogitsException.class)
        .hasMessageContaining("2 of 600 logits")
        .hasMessageContaining("position 72");
  }

  private static void sample(DeviceSampler sampler, RowSampling sampling, RowSamples out) {
    boolean truncates = sampler.stage(sampling);
    sampler.launch(PassShape.rowBucket(sampling.rows()), truncates);
    sampler.receive(sampling, out);
  }

  private DeviceSampler sampler(float[][] logits, int rows) {
    int vocabulary = logits[0].length;
    DeviceBuffer counts = arena.allocate(16, "counts");
    DeviceBuffer memory = arena.allocate(4L * ROWS * vocabulary, "logits");
    PinnedBuffer staging = arena.allocatePinned(4L * ROWS * vocabulary, "logits");
    staging.memory().setAtIndex(ValueLayout.JAVA_INT, 1, rows);
    copy(staging, counts);
    for (int row = 0; row < ROWS; row++) {
      MemorySegment.copy(
          logits[row],
          0,
          staging.memory(),
          ValueLayout.JAVA_FLOAT,
          4L * row * vocabulary,
          vocabulary);
    }
    copy(staging, memory);
    return new DeviceSampler(
        context, KernelModule.load(context), counts, memory, vocabulary, ROWS, arena);
  }

  private void copy(PinnedBuffer from, DeviceBuffer to) {
    CudaCheck.check(
        JCudaDriver.cuMemcpyHtoDAsync(to.pointer(), from.pointer(), to.bytes(), context.stream()),
        "cuMemcpyHtoDAsync");
    context.synchronize();
  }

  /** Rows from nearly flat to peaked, with equal logits among them. */
  private static float[][] randomLogits(SplittableRandom random, int vocabulary) {
    float[][] rows = new float[ROWS][vocabulary];
    for (float[] row : rows) {
      double spread = 0.1 + 8 * random.nextDouble();
      boolean coarse = random.nextInt(4) == 0;
      for (int i = 0; i < vocabulary; i++) {
        float logit = (float) (random.nextGaussian() * spread);
        row[i] = coarse ? Math.round(logit) : logit;
      }
    }
    return rows;
  }

  private static SamplingParams randomParams(SplittableRandom random, int vocabulary) {
    if (random.nextInt(5) == 0) {
      return SamplingParams.greedy();
    }
    return new SamplingParams(
        0.1f + 1.5f * (float) random.nextDouble(),
        random.nextInt(2) * random.nextInt(vocabulary + 2),
        random.nextBoolean() ? 1 : 0.02f + 0.97f * (float) random.nextDouble(),
        random.nextInt(3) == 0 ? 0.2f * (float) random.nextDouble() : 0,
        random.nextLong());
  }
}
