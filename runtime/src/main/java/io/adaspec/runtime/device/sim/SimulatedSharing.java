package io.adaspec.runtime.device.sim;

import io.adaspec.runtime.kvcache.KvSharing;
import java.util.BitSet;

/**
 * The memory that target and draft KV of a simulated device share: what one model writes destroys
 * what the other had there, so that a block in use by both shows as KV that was never computed.
 */
final class SimulatedSharing {
  private final KvSharing sharing;
  private final SimulatedKv target;
  private final SimulatedKv draft;
  private final int blocks;

  /** Target blocks in draft memory that the target wrote last. */
  private final BitSet ofTarget = new BitSet();

  private SimulatedSharing(KvSharing sharing, int blocks, SimulatedKv target, SimulatedKv draft) {
    this.sharing = sharing;
    this.target = target;
    this.draft = draft;
    this.blocks = blocks;
  }

  /**
   * @param blocks target blocks in draft memory
   */
  static void connect(KvSharing sharing, int blocks, SimulatedKv target, SimulatedKv draft) {
    if (blocks > 0) {
      SimulatedSharing memory = new SimulatedSharing(sharing, blocks, target, draft);
      target.watch(memory::targetWrites);
      draft.watch(memory::draftWrites);
    }
  }

  private void targetWrites(int block) {
    int at = block - sharing.firstLent();
    if (at >= 0 && !ofTarget.get(at)) {
      ofTarget.set(at);
      for (int other = sharing.firstDraft(at); other <= sharing.lastDraft(at); other++) {
        draft.overwrite(other);
      }
    }
  }

  private void draftWrites(int block) {
    int last = Math.min(sharing.lastTarget(block), blocks - 1);
    for (int at = sharing.firstTarget(block); at <= last; at++) {
      if (ofTarget.get(at)) {
        ofTarget.clear(at);
        target.overwrite(sharing.firstLent() + at);
      }
    }
  }
}
