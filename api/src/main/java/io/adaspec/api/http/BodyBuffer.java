package io.adaspec.api.http;

import java.util.Arrays;
import org.apache.pekko.util.ByteString;

/**
 * Gathers a body in one array. The library keeps the pieces as they came, and a body in pieces of
 * one byte then holds dozens of times its size. Not thread-safe.
 */
final class BodyBuffer {
  private static final int LEAST = 1024;

  private final BodyBudget.Share share;
  private final long maxBytes;
  private byte[] bytes = new byte[0];
  private int length;

  /**
   * Begins empty.
   *
   * @param maxBytes of the whole body, which its stream keeps
   */
  BodyBuffer(BodyBudget.Share share, long maxBytes) {
    this.share = share;
    this.maxBytes = maxBytes;
  }

  /**
   * Adds a piece.
   *
   * @throws ApiException 503 if there is no memory left for it
   */
  BodyBuffer append(ByteString piece) {
    int needed = Math.addExact(length, piece.size());
    if (needed > bytes.length) {
      int capacity =
          Math.toIntExact(Math.max(needed, Math.min(maxBytes, Math.max(LEAST, 2L * needed))));
      share.take(capacity - bytes.length);
      bytes = Arrays.copyOf(bytes, capacity);
    }
    piece.copyToArray(bytes, length, piece.size());
    length = needed;
    return this;
  }

  byte[] bytes() {
    return bytes;
  }

  int length() {
    return length;
  }
}
