package io.adaspec.runtime.tensor;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Which chunks of a job are still free. Every worker has a stretch of neighbouring chunks and takes
 * them from its front; who has none left takes from the back of another's. So two workers write
 * next to each other as rarely as can be: chunks are pieces of the same rows, a row's memory is not
 * aligned, and a cache line that two cores write makes both wait for it again and again.
 *
 * <p>Each stretch is one word (number of the job, end, next), on cache lines of its own.
 * Thread-safe; {@link #open} by one thread, when all chunks of the job before have been taken.
 */
final class ChunkClaims {
  /** No chunk. */
  static final int NONE = -1;

  /** The most chunks of a job. */
  static final int MOST = (1 << 20) - 1;

  private static final int BITS = 20;
  private static final long MASK = MOST;
  private static final long NUMBERS = (1L << (64 - 2 * BITS)) - 1;

  /** Words between stretches: a pair of cache lines, which processors fetch together. */
  private static final int APART = 16;

  private final int workers;
  private final AtomicLongArray stretches;
  private long number;

  ChunkClaims(int workers) {
    this.workers = workers;
    this.stretches = new AtomicLongArray((workers + 1) * APART);
  }

  /**
   * Frees chunks 0 to {@code chunks} − 1 of the next job. Whoever takes one sees what the caller
   * wrote before.
   */
  void open(int chunks) {
    number = (number + 1) & NUMBERS;
    int from = 0;
    for (int worker = 0; worker < workers; worker++) {
      int to = (int) Math.ceilDiv((worker + 1L) * chunks, workers);
      stretches.setRelease(at(worker), number << (2 * BITS) | (long) to << BITS | from);
      from = to;
    }
  }

  /** Whether the worker's own stretch has a free chunk. */
  boolean hasOwn(int worker) {
    long stretch = stretches.get(at(worker));
    return next(stretch) < end(stretch);
  }

  /** Takes the next chunk of the worker's own stretch, or {@link #NONE}. */
  int own(int worker) {
    int at = at(worker);
    long stretch = stretches.get(at);
    while (next(stretch) < end(stretch)) {
      if (stretches.compareAndSet(at, stretch, stretch + 1)) {
        return next(stretch);
      }
      stretch = stretches.get(at);
    }
    return NONE;
  }

  /** Takes the last chunk of somebody else's stretch, or {@link #NONE} when there is none. */
  int others(int worker) {
    for (int i = 1; i < workers; i++) {
      int at = at((worker + i) % workers);
      long stretch = stretches.get(at);
      while (next(stretch) < end(stretch)) {
        if (stretches.compareAndSet(at, stretch, stretch - (1L << BITS))) {
          return end(stretch) - 1;
        }
        stretch = stretches.get(at);
      }
    }
    return NONE;
  }

  private static int at(int worker) {
    return (worker + 1) * APART;
  }

  private static int next(long stretch) {
    return (int) (stretch & MASK);
  }

  private static int end(long stretch) {
    return (int) ((stretch >> BITS) & MASK);
  }
}
