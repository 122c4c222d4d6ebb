package io.adaspec.runtime.device;

import io.adaspec.runtime.kvcache.KvSharing;

/**
 * What a scheduler must know of an open device.
 *
 * @param name as given on the command line, for example {@code cpu} or {@code cuda:0}
 * @param description for people: processor or card, kernels, threads
 * @param vocabularySize of target and draft
 * @param contextTokens longest sequence of the target
 * @param draftContextTokens longest sequence of the draft; 0 without one
 * @param blockTokens tokens per KV block, of target and draft alike
 * @param kvBlocks target KV blocks, beside those that lie in draft memory
 * @param draftKvBlocks draft KV blocks; 0 without a draft model
 * @param maxRows most rows of a target pass
 * @param bitExact whether a row's result depends, bit for bit, on its sequence alone; not with
 *     {@link FastPrefill}
 * @param sharing how draft memory can serve the target
 */
public record DeviceInfo(
    String name,
    String description,
    int vocabularySize,
    int contextTokens,
    int draftContextTokens,
    int blockTokens,
    int kvBlocks,
    int draftKvBlocks,
    int maxRows,
    boolean bitExact,
    KvSharing sharing) {
  public DeviceInfo {
    if (vocabularySize <= 0
        || contextTokens <= 0
        || blockTokens <= 0
        || kvBlocks <= 0
        || maxRows <= 0) {
      throw new IllegalArgumentException(
          "device "
              + name
              + ": vocabulary "
              + vocabularySize
              + ", context "
              + contextTokens
              + ", block "
              + blockTokens
              + ", KV blocks "
              + kvBlocks
              + " and rows "
              + maxRows
              + " must be positive");
    }
  }

  /** A bit-exact device whose target and draft KV share nothing. */
  public DeviceInfo(
      String name,
      String description,
      int vocabularySize,
      int contextTokens,
      int draftContextTokens,
      int blockTokens,
      int kvBlocks,
      int draftKvBlocks,
      int maxRows) {
    this(
        name,
        description,
        vocabularySize,
        contextTokens,
        draftContextTokens,
        blockTokens,
        kvBlocks,
        draftKvBlocks,
        maxRows,
        true,
        KvSharing.NONE);
  }

  /** Target KV blocks that draft memory has room for when no draft KV is in use. */
  public int lendableKvBlocks() {
    return sharing.lendable(draftKvBlocks);
  }

  /** Longest sequence that context and KV memory allow, draft memory included. */
  public int capacityTokens() {
    return (int) Math.min(contextTokens, ((long) kvBlocks + lendableKvBlocks()) * blockTokens);
  }

  public boolean hasDraftModel() {
    return draftKvBlocks > 0;
  }

  /** The same device with fewer KV blocks of each kind; the last ones are left out. */
  public DeviceInfo withoutBlocks(int blocks) {
    return new DeviceInfo(
        name,
        description,
        vocabularySize,
        contextTokens,
        draftContextTokens,
        blockTokens,
        kvBlocks - blocks,
        hasDraftModel() ? draftKvBlocks - blocks : 0,
        maxRows,
        bitExact,
        sharing);
  }
}
