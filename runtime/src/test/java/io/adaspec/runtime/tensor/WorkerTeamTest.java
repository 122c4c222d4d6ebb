package io.adaspec.runtime.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
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
  void neighboursAreTakenByOneWorkerAndTheRestFromTheFarEnd() {
    ChunkClaims claims = new ChunkClaims(2);
    claims.open(7);
    assertThat(claims.own(0)).isEqualTo(0);
    assertThat(claims.own(1)).isEqualTo(4);
    assertThat(claims.own(0)).isEqualTo(1);
    assertThat(claims.own(0)).isEqualTo(2);
    assertThat(claims.own(0)).isEqualTo(3);
    assertThat(claims.own(0)).isEqualTo(ChunkClaims.NONE);
    assertThat(claims.others(0)).isEqualTo(6);
    assertThat(claims.hasOwn(1)).isTrue();
    assertThat(claims.own(1)).isEqualTo(5);
    assertThat(claims.hasOwn(1)).isFalse();
    assertThat(claims.own(1)).isEqualTo(ChunkClaims.NONE);
    assertThat(claims.others(1)).isEqualTo(ChunkClaims.NONE);
    claims.open(1);
    assertThat(claims.own(1)).isEqualTo(ChunkClaims.NONE);
    assertThat(claims.others(1)).isEqualTo(0);
  }

  @Test
  void othersDoTheShareOfAThreadThatIsHeldUp() {
    try (WorkerTeam team = new WorkerTeam(3)) {
      CountDownLatch othersDone = new CountDownLatch(8);
      AtomicInteger held = new AtomicInteger();
      team.run(
          9,
          (worker, chunk) -> {
            if (worker == 0 && held.getAndIncrement() == 0) {
              await(othersDone);
            } else {
              othersDone.countDown();
            }
          });
      assertThat(othersDone.getCount()).isZero();
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
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
