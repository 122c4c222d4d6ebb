package io.adaspec.runtime.device;

/**
 * What a scheduler must know of an open device.
 *
 * @param name as given on the command line, for example {@code cpu} or {@code cuda:0}
 * @param description for people: processor or card, kernels, threads
 * @param vocabularySize of target and draft
 * @param contextTokens longest sequence of the target
 * @param draftContextTokens longest sequence of the draft; 0 without one
 * @param blockTokens tokens per KV block, of target and draft alike
 * @param kvBlocks target KV blocks
 * @param draftKvBlocks draft KV blocks; 0 without a draft model
 * @param maxRows most rows of a target pass
 * @param bitExact whether a row's result depends, bit for bit, on its sequence alone; not with
 *     {@link FastPrefill}
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
    boolean bitExact) {
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

  /** A bit-exact device. */
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
        true);
  }

  /** Longest sequence that context and KV memory allow. */
  public int capacityTokens() {
    return (int) Math.min(contextTokens, (long) kvBlocks * blockTokens);
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
        bitExact);
  }
}
