package io.adaspec.gpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.adaspec.runtime.device.StepRunner;
import io.adaspec.runtime.model.DeviceRejection;
import io.adaspec.runtime.model.LoopingRunner;
import io.adaspec.runtime.model.ModelRunner;
import io.adaspec.runtime.model.ModelWeights;
import io.adaspec.runtime.model.RejectionRows;
import io.adaspec.runtime.model.RowSamples;
import io.adaspec.runtime.model.RowSampling;
import io.adaspec.runtime.request.Penalties;
import io.adaspec.runtime.request.SamplingParams;
import io.adaspec.runtime.sampling.RejectionSampler;
import io.adaspec.runtime.speculation.Verifier;
import io.adaspec.runtime.tensor.WeightFormat;
import io.adaspec.runtime.time.NanoClock;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import jcuda.driver.JCudaDriver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Rejection verification on the GPU against the runtime's sampler, on the same distributions. */
class CudaRejectionTest {
  private static final int MAX_ROWS = 40;
  private static final int ROWS = 12;
  private static final int ROUNDS = 3;

  private final CudaContext context = TestGpu.context();
  private final DeviceArena arena = new DeviceArena();
  private int accepted;
  private int recovered;

  @AfterEach
  void close() {
    arena.close();
    context.close();
  }

  @Test
  void decidesAsTheRuntimesSamplerDoes() {
    SplittableRandom random = new SplittableRandom(3);
    for (int vocabulary : new int[] {1, 37, 4097}) {
      compare(random, vocabulary);
    }
    assertThat(accepted).isGreaterThan(15);
    assertThat(recovered).isGreaterThan(15);
  }

  @Test
  void aProposalThatEqualsTheTargetIsAccepted() {
    float[][] logits = randomLogits(new SplittableRandom(5), 500);
    Sampled target = new Sampled(logits);
    Sampled draft = new Sampled(logits);
    RowSampling sampling = new RowSampling();
    for (int row = 0; row < ROWS; row++) {
      sampling.add(new SamplingParams(0.9f, 50, 0.95f, 0, row), row);
    }
    target.sample(sampling);
    int[] tokens = draft.sample(sampling);
    CudaRejection rejection = rejection(target, draft);
    int first = rejection.keep(ROWS);
    RejectionRows rows = new RejectionRows();
    for (int row = 0; row < ROWS; row++) {
      rows.add(row, tokens[row], first + row, 1 - 0x1p-53, 0.5);
    }
    int[] out = new int[ROWS];
    rejection.verify(rows, out);
    assertThat(out).containsOnly(DeviceRejection.ACCEPTED);
  }

  @Test
  void proposalsBeyondTheRowsOfAPassAreRefusedUntilTheNextStep() {
    Sampled model = new Sampled(randomLogits(new SplittableRandom(6), 50));
    RowSampling sampling = new RowSampling();
    for (int row = 0; row < ROWS; row++) {
      sampling.add(SamplingParams.of(1, row), row);
    }
    model.sample(sampling);
    CudaRejection rejection = rejection(model, model);
    assertThat(rejection.keep(ROWS)).isEqualTo(MAX_ROWS - ROWS);
    assertThat(rejection.keep(ROWS)).isEqualTo(MAX_ROWS - 2 * ROWS);
    assertThatThrownBy(() -> rejection.keep(ROWS))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("keeps 24 proposals, and of 40 rows none are left for 12 more");
    rejection.begin();
    assertThat(rejection.keep(ROWS)).isEqualTo(MAX_ROWS - ROWS);
  }

  @Test
  void stepsOnTheGpuGiveTheTextOfDistributionsReadByTheHostAndReadNone() {
    EmulatedDriver driver = EmulatedDriver.load();
    ModelWeights model = RandomModels.of(RandomModels.config(false), WeightFormat.F32, 31);
    ModelWeights small = RandomModels.of(RandomModels.config(false), WeightFormat.F32, 32);
    try (ModelRunner target = TestRunners.cuda(context, model, 8);
        ModelRunner draft = TestRunners.cuda(context, small, 8)) {
      StepRunner here = new StepRunner(target, Optional.of(draft), NanoClock.system());
      StepRunner there =
          new StepRunner(
              new LoopingRunner(target, 0),
              Optional.of(new LoopingRunner(draft, 0)),
              NanoClock.system());
      for (int seed = 1; seed <= 3; seed++) {
        SamplingParams sampling = new SamplingParams(2, 200, 0.99f, 0, seed);
        if (seed == 3) {
          sampling = sampling.with(new Penalties(1.3f, 0.4f, -0.2f, Map.of(11, 3f)));
        }
        long before = driver.bytesToHost();
        List<Integer> text = CudaDevices.decode(here::execute, 3, 20, sampling, Verifier.REJECTION);
        assertThat(driver.bytesToHost() - before)
            .as("16 bytes of each row, 4 of each draft token; no distribution")
            .isLessThanOrEqualTo(20 * (7 * 16 + 3 * 4));
        assertThat(text)
            .isEqualTo(CudaDevices.decode(there::execute, 3, 20, sampling, Verifier.REJECTION));
      }
    }
  }

  private void compare(SplittableRandom random, int vocabulary) {
    float[][] drafted = randomLogits(random, vocabulary);
    Sampled draft = new Sampled(drafted);
    Sampled target = new Sampled(nearby(random, drafted));
    RowSampling sampling = new RowSampling();
    for (int row = 0; row < ROWS; row++) {
      sampling.add(randomParams(random, vocabulary), random.nextInt(5000), row % 3 > 0);
    }
    target.sample(sampling);
    int[] tokens = draft.sample(sampling);
    CudaRejection rejection = rejection(target, draft);
    int first = rejection.keep(ROWS);
    float[][] q = target.distributions(sampling);
    float[][] p = draft.distributions(sampling);
    for (int round = 0; round < ROUNDS; round++) {
      RejectionRows rows = new RejectionRows();
      boolean certain = round % 2 == 1;
      for (int row = 0; row < ROWS; row++) {
        int token = round > 0 ? tokens[row] : random.nextInt(vocabulary);
        int position = row + 7 * round;
        rows.add(
            row,
            token,
            certain ? DeviceRejection.CERTAIN : first + row,
            RejectionSampler.acceptDraw(11, position),
            RejectionSampler.recoverDraw(11, position));
      }
      int[] out = new int[ROWS];
      rejection.verify(rows, out);
      for (int row = 0; row < ROWS; row++) {
        float[] proposal = certain ? new float[0] : p[row];
        int position = row + 7 * round;
        boolean accepts = RejectionSampler.accepts(rows.token(row), proposal, q[row], 11, position);
        assertThat(out[row])
            .as("row %d of %d in round %d: %s", row, vocabulary, round, sampling.params(row))
            .isEqualTo(
                accepts
                    ? DeviceRejection.ACCEPTED
                    : RejectionSampler.recover(rows.token(row), proposal, q[row], 11, position));
        accepted += accepts ? 1 : 0;
        recovered += accepts ? 0 : 1;
      }
    }
  }

  private CudaRejection rejection(Sampled target, Sampled draft) {
    CudaRejection rejection =
        new CudaRejection(context, target.sampler, draft.sampler, draft.logits, MAX_ROWS, arena);
    rejection.begin();
    return rejection;
  }

  /** Logits on the GPU as a pass left them, with room for more rows, and their sampler. */
  private final class Sampled {
    private final DeviceBuffer logits;
    private final DeviceSampler sampler;
    private final int vocabulary;

    Sampled(float[][] rows) {
      vocabulary = rows[0].length;
      logits = arena.allocate(4L * MAX_ROWS * vocabulary, "logits");
      DeviceBuffer counts = arena.allocate(16, "counts");
      PinnedBuffer staging = arena.allocatePinned(logits.bytes(), "logits");
      staging.memory().setAtIndex(ValueLayout.JAVA_INT, 1, rows.length);
      copy(staging, counts, 16);
      for (int row = 0; row < rows.length; row++) {
        long at = 4L * row * vocabulary;
        MemorySegment.copy(rows[row], 0, staging.memory(), ValueLayout.JAVA_FLOAT, at, vocabulary);
      }
      copy(staging, logits, 4L * rows.length * vocabulary);
      sampler =
          new DeviceSampler(
              context, KernelModule.load(context), counts, logits, vocabulary, MAX_ROWS, arena);
    }

    int[] sample(RowSampling sampling) {
      boolean truncates = sampler.stage(sampling);
      sampler.launch(PassShape.rowBucket(sampling.rows()), truncates);
      RowSamples samples = new RowSamples();
      sampler.receive(sampling, samples);
      return samples.tokenIds();
    }

    float[][] distributions(RowSampling sampling) {
      float[][] out = new float[sampling.rows()][vocabulary];
      for (int row = 0; row < sampling.rows(); row++) {
        sampler.distribution(row, sampling.params(row), out[row]);
      }
      return out;
    }

    private void copy(PinnedBuffer from, DeviceBuffer to, long bytes) {
      CudaCheck.check(
          JCudaDriver.cuMemcpyHtoDAsync(to.pointer(), from.pointer(), bytes, context.stream()),
          "cuMemcpyHtoDAsync");
      context.synchronize();
    }
  }

  private static float[][] randomLogits(SplittableRandom random, int vocabulary) {
    float[][] rows = new float[ROWS][vocabulary];
    for (float[] row : rows) {
      double spread = 0.1 + 5 * random.nextDouble();
      for (int i = 0; i < vocabulary; i++) {
        row[i] = (float) (random.nextGaussian() * spread);
      }
    }
    return rows;
  }

  /** As a draft model's and its target's logits are to each other. */
  private static float[][] nearby(SplittableRandom random, float[][] logits) {
    float[][] rows = new float[ROWS][];
    for (int row = 0; row < ROWS; row++) {
      rows[row] = logits[row].clone();
      for (int i = 0; i < rows[row].length; i++) {
        rows[row][i] += (float) random.nextGaussian();
      }
    }
    return rows;
  }

  private static SamplingParams randomParams(SplittableRandom random, int vocabulary) {
    return new SamplingParams(
        0.3f + 1.5f * (float) random.nextDouble(),
        random.nextInt(2) * random.nextInt(vocabulary + 2),
        random.nextBoolean() ? 1 : 0.5f + 0.49f * (float) random.nextDouble(),
        random.nextInt(3) == 0 ? 0.1f * (float) random.nextDouble() : 0,
        random.nextLong());
  }
}
