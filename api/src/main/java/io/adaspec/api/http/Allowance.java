package io.adaspec.api.http;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/** What an API key may do, and what it is doing. Thread-safe. */
public final class Allowance {
  /** How soon a place is likely to be free; nobody knows which answer ends first. */
  private static final Duration SOON = Duration.ofSeconds(1);

  private final KeyRights rights;
  private final AtomicInteger running = new AtomicInteger();

  Allowance(KeyRights rights) {
    this.rights = rights;
  }

  public KeyRights rights() {
    return rights;
  }

  /**
   * Takes places for outputs that are about to be made.
   *
   * @throws ApiException with status 429 if too many are made already, with 403 if so many can
   *     never be made at the same time
   */
  public Places take(int outputs) {
    int most = rights.maxRequests();
    if (outputs > most) {
      throw new ApiException(
          ApiError.forbidden(
              "n",
              "request_limit",
              "the request asks for "
                  + outputs
                  + " outputs at once; this API key may have "
                  + most));
    }
    int before =
        running.getAndAccumulate(outputs, (now, more) -> now > most - more ? now : now + more);
    if (before > most - outputs) {
      throw new ApiException(
          ApiError.busy(
              429,
              "concurrent_requests_exceeded",
              "this API key has "
                  + before
                  + " outputs in the making and may have "
                  + most
                  + "; try again when one has ended",
              SOON));
    }
    return new Places(outputs);
  }

  /** Places that are taken until they are freed. */
  public final class Places {
    private final int count;
    private final AtomicBoolean taken = new AtomicBoolean(true);

    private Places(int count) {
      this.count = count;
    }

    /** Gives the places back; does nothing the second time. */
    public void free() {
      if (taken.getAndSet(false)) {
        running.addAndGet(-count);
      }
    }
  }
}
