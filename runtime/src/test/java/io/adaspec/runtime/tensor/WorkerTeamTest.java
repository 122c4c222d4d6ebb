package io.adaspec.runtime.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;

class WorkerTeamTest {
  @Test
  void runsEveryChunkOnceJobAfterJob() {
    try (WorkerTeam team = new WorkerTeam(3)) {
      for (int job = 0; job < 3000; job++) {
        int chunks = job % 17;
        AtomicIntegerArray runs = new AtomicIntegerArray(17);
        team.run(chunks, (worker, chunk) -> runs.incrementAndGet(chunk));
        for (int chunk = 0; chunk < 17; chunk++) {
          assertThat(runs.get(chunk)).isEqualTo(chunk < chunks ? 1 : 0);
        }
      }
    }
  }

  @Test
  void handsOnWhatAChunkThrewAndStaysUsable() {
    try (WorkerTeam team = new WorkerTeam(2)) {
      assertThatThrownBy(
              () ->
                  team.run(
                      8,
                      (worker, chunk) -> {
                        if (chunk == 5) {
                          throw new IllegalStateException("chunk 5");
                        }
                      }))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("chunk 5");
      AtomicIntegerArray runs = new AtomicIntegerArray(4);
      team.run(4, (worker, chunk) -> runs.incrementAndGet(chunk));
      assertThat(runs.get(3)).isEqualTo(1);
    }
  }
}
