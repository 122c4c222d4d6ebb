package io.adaspec.runtime.tensor;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Threads that share the chunks of one job at a time; the caller is one of them. Persistent: waits
 * by spinning first, so that the short jobs of a forward pass follow each other without the
 * kernel's scheduler, and parks when nothing comes.
 *
 * <p>Chunks are claimed one by one from a counter that also carries the job's number and size, so a
 * thread that the machine does not run holds up nobody: the others take its share. {@link #run} is
 * for one caller at a time and allocates nothing.
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

  private static final int CHUNK_BITS = 20;
  private static final long CHUNK_MASK = (1L << CHUNK_BITS) - 1;
  private static final int SPINS_BEFORE_PARK = 20_000;
  private static final int CALLER_SPINS = 20_000;
  private static final long WAIT_NANOS = 20_000;

  private final Thread[] threads;
  private final AtomicLong claims = new AtomicLong();
  private final AtomicInteger completed = new AtomicInteger();
  private final AtomicInteger parked = new AtomicInteger();
  private @Nullable Job job;
  private volatile @Nullable Throwable failure;
  private volatile boolean closed;
  private long number;

  /**
   * @param size threads including the caller's
   */
  public WorkerTeam(int size) {
    if (size <= 0) {
      throw new IllegalArgumentException("a team needs at least 1 thread, not " + size);
    }
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
    if (chunks > CHUNK_MASK) {
      throw new IllegalArgumentException(chunks + " chunks exceed " + CHUNK_MASK);
    }
    job = next;
    completed.set(0);
    number = (number + 1) & ((1L << 24) - 1);
    claims.set(number << (2 * CHUNK_BITS) | (long) chunks << CHUNK_BITS);
    if (parked.get() > 0) {
      for (Thread thread : threads) {
        LockSupport.unpark(thread);
      }
    }
    drain(0);
    for (int spins = 0; completed.get() < chunks; spins++) {
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
      if (drain(worker)) {
        spins = 0;
      } else if (++spins < SPINS_BEFORE_PARK) {
        Thread.onSpinWait();
      } else {
        park();
      }
    }
  }

  private void park() {
    parked.incrementAndGet();
    if (!hasChunks(claims.get()) && !closed) {
      LockSupport.park(this);
    }
    parked.decrementAndGet();
  }

  private static boolean hasChunks(long claim) {
    return (claim & CHUNK_MASK) < ((claim >> CHUNK_BITS) & CHUNK_MASK);
  }

  /** Does chunks until none is left; returns whether there was one. */
  private boolean drain(int worker) {
    boolean any = false;
    long claim = claims.get();
    while (hasChunks(claim)) {
      if (claims.compareAndSet(claim, claim + 1)) {
        any = true;
        runChunk(worker, (int) (claim & CHUNK_MASK));
      }
      claim = claims.get();
    }
    return any;
  }

  private void runChunk(int worker, int chunk) {
    try {
      Job current = job;
      if (current != null) {
        current.run(worker, chunk);
      }
    } catch (RuntimeException | Error e) {
      failure = e;
    } finally {
      completed.incrementAndGet();
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
