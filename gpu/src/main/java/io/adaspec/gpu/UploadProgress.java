package io.adaspec.gpu;

import java.util.function.LongConsumer;
import org.slf4j.Logger;

/** Logs how far an upload of weights has come, at every quarter. */
final class UploadProgress implements LongConsumer {
  private static final int PARTS = 4;

  private final Logger log;
  private final String device;
  private final long total;
  private long done;
  private int reported;

  UploadProgress(Logger log, String device, long total) {
    this.log = log;
    this.device = device;
    this.total = total;
  }

  @Override
  public void accept(long bytes) {
    done += bytes;
    int part = (int) Math.min(PARTS, done * PARTS / Math.max(1, total));
    if (part > reported) {
      reported = part;
      log.info("{}: {} % of {} MiB of weights uploaded", device, 100 * part / PARTS, total >> 20);
    }
  }
}
