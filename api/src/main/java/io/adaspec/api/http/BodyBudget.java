package io.adaspec.api.http;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Bytes of requests that may be in memory at once, from their arrival until their prompts are
 * tokenized, over all connections. Taken as bytes come, so that a client holds what it has sent and
 * not what it announced. Thread-safe.
 */
public final class BodyBudget {
  private static final Duration SOON = Duration.ofSeconds(1);

  private final long totalBytes;
  private final AtomicLong usedBytes = new AtomicLong();

  public BodyBudget(long totalBytes) {
    this.totalBytes = totalBytes;
  }

  /** What one request holds of the budget; nothing at first. */
  public Share open() {
    return new Share(this);
  }

  /** Bytes that are held now. */
  public long usedBytes() {
    return usedBytes.get();
  }

  private boolean take(long bytes) {
    if (usedBytes.addAndGet(bytes) <= totalBytes) {
      return true;
    }
    usedBytes.addAndGet(-bytes);
    return false;
  }

  /** One request's part. Thread-safe. */
  public static final class Share {
    private final BodyBudget budget;
    private long bytes;
    private boolean released;

    private Share(BodyBudget budget) {
      this.budget = budget;
    }

    /**
     * Holds more.
     *
     * @throws ApiException 503 if there is not so much left
     */
    public synchronized void take(long more) {
      if (released || !budget.take(more)) {
        throw new ApiException(
            ApiError.busy(
                503,
                "server_busy",
                "requests of " + budget.totalBytes + " bytes together are being read already",
                SOON));
      }
      bytes += more;
    }

    /** Gives everything back, once. */
    public synchronized void release() {
      if (!released) {
        released = true;
        budget.usedBytes.addAndGet(-bytes);
      }
    }
  }
}
