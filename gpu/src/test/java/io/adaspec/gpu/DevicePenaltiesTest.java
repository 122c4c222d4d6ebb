package io.adaspec.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import io.adaspec.runtime.model.RowSampling;
import io.adaspec.runtime.request.Penalties;
import io.adaspec.runtime.request.SamplingParams;
import io.adaspec.runtime.sampling.PenalisedTokens;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import jcuda.driver.JCudaDriver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Penalties on the GPU against the runtime's, on the same logits: the same bits. */
class DevicePenaltiesTest {
  private static final int ROWS = 23;
  private static final int VOCABULARY = 3000;

  private final SplittableRandom random = new SplittableRandom(8);
  private final CudaContext context = TestGpu.context();
  private final DeviceArena arena = new DeviceArena();

  @AfterEach
  void close() {
    arena.close();
    context.close();
  }

  @Test
  void changesLogitsAsTheRuntimeDoes() {
    assertChanges(1 << 12, 500);
    assertChanges(1 << 12, 0);
  }

  @Test
  void textsLongerThanItsRoomAreTakenInRounds() {
    assertChanges(40, 600);
    assertChanges(700, 600);
  }

  private void assertChanges(int room, int longest) {
    float[][] logits = new float[ROWS][VOCABULARY];
    for (float[] row : logits) {
      for (int token = 0; token < VOCABULARY; token++) {
        row[token] = (float) random.nextGaussian() * 5;
      }
    }
    DeviceBuffer memory = arena.allocate(4L * ROWS * VOCABULARY, "logits");
    PinnedBuffer staging = arena.allocatePinned(memory.bytes(), "logits");
    for (int row = 0; row < ROWS; row++) {
      MemorySegment.copy(
          logits[row], 0, staging.memory(), ValueLayout.JAVA_FLOAT, at(row), VOCABULARY);
    }
    CudaCheck.check(
        JCudaDriver.cuMemcpyHtoDAsync(
            memory.pointer(), staging.pointer(), memory.bytes(), context.stream()),
        "cuMemcpyHtoDAsync");
    context.synchronize();
    DevicePenalties penalties =
        new DevicePenalties(
            context, KernelModule.load(context), memory, VOCABULARY, ROWS, room, arena);

    RowSampling rows = rows(longest);
    penalties.apply(rows);
    CudaCheck.check(
        JCudaDriver.cuMemcpyDtoHAsync(
            staging.pointer(), memory.pointer(), memory.bytes(), context.stream()),
        "cuMemcpyDtoHAsync");
    context.synchronize();

    float[] actual = new float[VOCABULARY];
    int changed = 0;
    for (int row = 0; row < ROWS; row++) {
      float[] before = logits[row].clone();
      rows.penalise(row, logits[row], 0);
      MemorySegment.copy(staging.memory(), ValueLayout.JAVA_FLOAT, at(row), actual, 0, VOCABULARY);
      assertThat(actual).as("row %d", row).isEqualTo(logits[row]);
      boolean same = Arrays.equals(actual, before);
      changed += same ? 0 : 1;
      assertThat(same || rows.penalised(row).entries() > 0).as("row %d has none", row).isTrue();
    }
    assertThat(changed).isBetween(ROWS / 4, ROWS - 1);
  }

  /** Rows of several texts, without penalties, without text, and behind ever more of a draft. */
  private RowSampling rows(int longest) {
    RowSampling rows = new RowSampling();
    while (rows.rows() < ROWS) {
      if (random.nextInt(4) == 0) {
        rows.add(SamplingParams.greedy(), 5);
      } else {
        PenalisedTokens tokens = text(longest);
        int drafts = Math.min(random.nextInt(6), ROWS - rows.rows() - 1);
        for (int i = 0; i < drafts; i++) {
          tokens.draft(random.nextInt(40));
        }
        for (int before = 0; before <= drafts; before++) {
          rows.add(SamplingParams.greedy().with(tokens.penalties()), 9 + before);
          rows.penalise(tokens, before);
        }
      }
    }
    return rows;
  }

  private PenalisedTokens text(int longest) {
    Map<Integer, Float> biases = new HashMap<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      biases.put(random.nextInt(VOCABULARY), 3 * (float) random.nextGaussian());
    }
    PenalisedTokens tokens =
        new PenalisedTokens(
            new Penalties(
                random.nextBoolean() ? 1.3f : 0.8f,
                (float) random.nextDouble(-2, 2),
                (float) random.nextDouble(-2, 2),
                biases));
    int size = random.nextInt(longest + 1);
    for (int i = 0; i < size; i++) {
      tokens.append(random.nextInt(random.nextBoolean() ? 40 : VOCABULARY), i > size / 3);
    }
    return tokens;
  }

  private static long at(int row) {
    return 4L * row * VOCABULARY;
  }
}
