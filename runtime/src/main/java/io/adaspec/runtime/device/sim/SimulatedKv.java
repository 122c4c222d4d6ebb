package io.adaspec.runtime.device.sim;

import io.adaspec.runtime.device.DeviceException;
import io.adaspec.runtime.step.TokenHistory;
import java.util.Arrays;
import java.util.function.IntConsumer;

/**
 * The KV memory of a simulated model. What a slot holds is the hash of all tokens up to its
 * position, so the next token depends on the whole history exactly as with a real model, and a
 * wrong or stale block shows in the text.
 */
final class SimulatedKv {
  private final int blockTokens;
  private final long[] hashes;
  private final int[] positions;
  private final long[] writers;
  private final long root;
  private IntConsumer written = block -> {};

  SimulatedKv(int blocks, int blockTokens, long seed) {
    this.blockTokens = blockTokens;
    int slots = Math.multiplyExact(blocks, blockTokens);
    this.hashes = new long[slots];
    this.positions = new int[slots];
    this.writers = new long[slots];
    this.root = Hashing.mix(seed);
  }

  /** Hash of the tokens before {@code position}. */
  long before(int[] blockTable, int position) {
    if (position == 0) {
      return root;
    }
    int slot = slot(blockTable, position - 1);
    if (positions[slot] != position) {
      throw DeviceException.permanentFailure(
          "the KV of position " + (position - 1) + " was never computed");
    }
    return hashes[slot];
  }

  /** Has {@code hears} told of every block that is written. */
  void watch(IntConsumer hears) {
    written = hears;
  }

  /** The memory of a block was overwritten by another model. */
  void overwrite(int block) {
    Arrays.fill(positions, block * blockTokens, (block + 1) * blockTokens, 0);
  }

  /** Hash of a text that goes on with {@code token}. */
  static long after(long before, int token) {
    return Hashing.mix(before ^ (token + 1L) * 0x9E3779B97F4A7C15L);
  }

  /**
   * Computes one position.
   *
   * @param writer names sequence and step; two sequences must not write one slot in a step
   */
  void write(int[] blockTable, int position, long hash, long writer) {
    int slot = slot(blockTable, position);
    written.accept(blockTable[position / blockTokens]);
    if (writers[slot] >>> 16 == writer >>> 16 && writers[slot] != writer) {
      throw DeviceException.permanentFailure(
          "two sequences of one step compute KV block " + blockTable[position / blockTokens]);
    }
    writers[slot] = writer;
    hashes[slot] = hash;
    positions[slot] = position + 1;
  }

  /** Checks every slot of the tokens from {@code start}, at position 0, to {@code computed}. */
  void audit(int[] blockTable, TokenHistory tokens, int start, int computed) {
    long hash = root;
    for (int position = 0; position < computed - start; position++) {
      hash = after(hash, tokens.get(start + position));
      int slot = slot(blockTable, position);
      if (positions[slot] != position + 1 || hashes[slot] != hash) {
        throw DeviceException.permanentFailure(
            "the KV of position " + position + " belongs to another text");
      }
    }
  }

  private int slot(int[] blockTable, int position) {
    int index = position / blockTokens;
    if (index >= blockTable.length) {
      throw DeviceException.permanentFailure(
          "position " + position + " lies behind a block table of " + blockTable.length);
    }
    return blockTable[index] * blockTokens + position % blockTokens;
  }
}
