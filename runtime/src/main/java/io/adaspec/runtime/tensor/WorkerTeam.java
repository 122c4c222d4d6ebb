package io.adaspec.runtime.tensor;

import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Threads that share the chunks of one job at a time; the caller is one of them. Persistent: waits
 * by spinning first, so that the short jobs of a forward pass follow each other without the
 * kernel's scheduler, and parks when nothing comes.
 *
 * <p>Chunks are claimed one by one ({@link ChunkClaims}), so a thread that the machine does not run
 * holds up nobody: the others take its share. {@link #run} is for one caller at a time and
 * allocates nothing.
 */
public final class WorkerTeam implements AutoCloseable {
  /** Work that is cut into chunks. */
  @FunctionalInterface
  public interface Job {
    /**
     * Does one chunk.
     *
     * @param worker 0 (the caller) to {@link #size} − 1; one thread has one number
     */
    void run(int worker, int chunk);
  }

  private static final int APART = 32;
  private static final int COMPLETED = APART;
  private static final int PARKED = 2 * APART;
  private static final int SPINS_BEFORE_PARK = 20_000;
  private static final int CALLER_SPINS = 20_000;
  private static final long WAIT_NANOS = 20_000;

  private final Thread[] threads;
  private final ChunkClaims claims;

  /** Chunks that others than the caller ever did, and threads that are parked; lines apart. */
  private final AtomicIntegerArray counters = new AtomicIntegerArray(3 * APART);

  private @Nullable Job job;
  private volatile @Nullable Throwable failure;
  private volatile boolean closed;
  private int byOthers;

  /**
   * @param size threads including the caller's
   */
  public WorkerTeam(int size) {
    if (size <= 0) {
      throw new IllegalArgumentException("a team needs at least 1 thread, not " + size);
    }
    claims = new ChunkClaims(size);
    threads = new Thread[size - 1];
    for (int i = 0; i < threads.length; i++) {
      int worker = i + 1;
      threads[i] =
          Thread.ofPlatform().daemon().name("adaspec-worker-" + worker).start(() -> work(worker));
    }
  }

  /** Threads, the caller's included. */
  public int size() {
    return threads.length + 1;
  }

  /**
   * Runs all chunks of a job and returns when they are done.
   *
   * @throws RuntimeException or Error that a chunk threw first
   */
  public void run(int chunks, Job next) {
    if (chunks <= 1 || threads.length == 0) {
      for (int chunk = 0; chunk < chunks; chunk++) {
        next.run(0, chunk);
      }
      return;
    }
    if (chunks > ChunkClaims.MOST) {
      throw new IllegalArgumentException(chunks + " chunks exceed " + ChunkClaims.MOST);
    }
    job = next;
    claims.open(chunks);
    VarHandle.fullFence(); // either a thread sees its chunks before it parks, or we see it parked
    if (counters.get(PARKED) > 0) {
      for (Thread thread : threads) {
        LockSupport.unpark(thread);
      }
    }
    byOthers += chunks - drainOwn(0) - drainOthers(0);
    for (int spins = 0; counters.get(COMPLETED) != byOthers; spins++) {
      if (spins < CALLER_SPINS) {
        Thread.onSpinWait();
      } else {
        LockSupport.parkNanos(this, WAIT_NANOS);
      }
    }
    rethrow();
  }

  private void rethrow() {
    Throwable thrown = failure;
    failure = null;
    if (thrown instanceof RuntimeException exception) {
      throw exception;
    }
    if (thrown instanceof Error error) {
      throw error;
    }
  }

  private void work(int worker) {
    int spins = 0;
    while (!closed) {
      int done = drainOwn(worker);
      if (done > 0) {
        complete(done);
        complete(drainOthers(worker));
        spins = 0;
      } else if (++spins < SPINS_BEFORE_PARK) {
        Thread.onSpinWait();
      } else {
        park(worker);
      }
    }
  }

  private void complete(int chunks) {
    if (chunks > 0) {
      counters.getAndAdd(COMPLETED, chunks);
    }
  }

  private void park(int worker) {
    counters.incrementAndGet(PARKED);
    if (!claims.hasOwn(worker) && !closed) {
      LockSupport.park(this);
    }
    counters.decrementAndGet(PARKED);
  }

  /** Does the chunks of its own stretch; returns how many. */
  private int drainOwn(int worker) {
    int done = 0;
    for (int chunk = claims.own(worker); chunk >= 0; chunk = claims.own(worker)) {
      runChunk(worker, chunk);
      done++;
    }
    return done;
  }

  /** Does chunks of others until none is free; returns how many. */
  private int drainOthers(int worker) {
    int done = 0;
    for (int chunk = claims.others(worker); chunk >= 0; chunk = claims.others(worker)) {
      runChunk(worker, chunk);
      done++;
    }
    return done;
  }

  private void runChunk(int worker, int chunk) {
    try {
      Job current = job;
      if (current != null) {
        current.run(worker, chunk);
      }
    } catch (RuntimeException | Error e) {
      failure = e;
    }
  }

  @Override
  public void close() {
    closed = true;
    for (Thread thread : threads) {
      LockSupport.unpark(thread);
    }
    for (Thread thread : threads) {
      joinUninterruptibly(thread);
    }
  }

  private static void joinUninterruptibly(Thread thread) {
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
