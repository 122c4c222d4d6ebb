package io.adaspec.runtime.kvcache;

/**
 * How target and draft KV lie in one stretch of memory, so that draft memory can serve the target.
 *
 * <pre>
 *   target block i at  i · targetBytes,                              0 ≤ i &lt; firstLent + lendable
 *   draft block j at   firstLent · targetBytes + j · draftBytes
 * </pre>
 *
 * Target blocks from {@code firstLent} on overlap draft blocks: a block of one kind may be used
 * only while all of the other kind that it overlaps are out of use. Blocks need not divide each
 * other, and either kind may be the larger. Who uses what is the business of a {@link LentBlocks}.
 *
 * @param firstLent the first target block that lies in draft memory
 * @param targetBytes of a target block over all layers; 0 where nothing is shared
 * @param draftBytes of a draft block over all layers
 */
public record KvSharing(int firstLent, long targetBytes, long draftBytes) {
  /** Two pools that share nothing. */
  public static final KvSharing NONE = new KvSharing(0, 0, 0);

  public KvSharing {
    if (firstLent < 0
        || targetBytes < 0
        || draftBytes < 0
        || (targetBytes == 0) != (draftBytes == 0)) {
      throw new IllegalArgumentException(
          "shared KV memory: first lent block "
              + firstLent
              + " must not be negative, and blocks of "
              + targetBytes
              + " and "
              + draftBytes
              + " bytes must both have a size, or none");
    }
  }

  /** Of a device with {@code targetBlocks} target blocks beside those in draft memory. */
  public static KvSharing of(KvGeometry target, KvGeometry draft, int targetBlocks) {
    return new KvSharing(targetBlocks, target.bytesPerBlock(), draft.bytesPerBlock());
  }

  /** Target blocks that lie wholly in the first {@code draftBlocks} draft blocks. */
  public int lendable(int draftBlocks) {
    return targetBytes == 0
        ? 0
        : Math.toIntExact(Math.multiplyExact(draftBlocks, draftBytes) / targetBytes);
  }

  /** Where the first draft block lies, in bytes. */
  public long draftOffset() {
    return Math.multiplyExact(firstLent, targetBytes);
  }

  /** The whole stretch, with so many draft blocks. */
  public long bytes(int draftBlocks) {
    return Math.addExact(draftOffset(), Math.multiplyExact(draftBlocks, draftBytes));
  }

  /** The first draft block that overlaps target block {@code firstLent + lent}. */
  public int firstDraft(int lent) {
    return (int) (lent * targetBytes / draftBytes);
  }

  /** The last draft block that overlaps target block {@code firstLent + lent}. */
  public int lastDraft(int lent) {
    return (int) (((lent + 1) * targetBytes - 1) / draftBytes);
  }

  /**
   * The first block in draft memory, counted from {@code firstLent}, that overlaps a draft block.
   */
  public int firstTarget(int draftBlock) {
    return (int) (draftBlock * draftBytes / targetBytes);
  }

  /**
   * The last block in draft memory, counted from {@code firstLent}, that overlaps a draft block.
   */
  public int lastTarget(int draftBlock) {
    return (int) (((draftBlock + 1) * draftBytes - 1) / targetBytes);
  }
}
