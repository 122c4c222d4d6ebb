package io.adaspec.runtime.request;

import java.util.Arrays;

/** An immutable sequence of token ids, all non-negative. */
public final class TokenIds {
  private static final TokenIds EMPTY = new TokenIds(new int[0]);

  private final int[] ids;

  private TokenIds(int[] ids) {
    this.ids = ids;
  }

  /**
   * Copies {@code ids}.
   *
   * @throws IllegalArgumentException if an id is negative
   */
  public static TokenIds of(int... ids) {
    for (int id : ids) {
      if (id < 0) {
        throw new IllegalArgumentException("token id " + id + " is negative");
      }
    }
    return ids.length == 0 ? EMPTY : new TokenIds(ids.clone());
  }

  public static TokenIds empty() {
    return EMPTY;
  }

  public int size() {
    return ids.length;
  }

  public boolean isEmpty() {
    return ids.length == 0;
  }

  public int get(int index) {
    return ids[index];
  }

  public boolean contains(int id) {
    for (int each : ids) {
      if (each == id) {
        return true;
      }
    }
    return false;
  }

  /** The largest id, or −1 when empty. */
  public int max() {
    return Arrays.stream(ids).max().orElse(-1);
  }

  /** A fresh copy. */
  public int[] toArray() {
    return ids.clone();
  }

  /** Copies all ids into {@code target} from {@code offset} on. */
  public void copyTo(int[] target, int offset) {
    System.arraycopy(ids, 0, target, offset, ids.length);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof TokenIds that && Arrays.equals(ids, that.ids);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(ids);
  }

  @Override
  public String toString() {
    return Arrays.toString(ids);
  }
}
