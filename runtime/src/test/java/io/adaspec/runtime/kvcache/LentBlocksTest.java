package io.adaspec.runtime.kvcache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Draft memory that serves the target and comes back: no byte is ever in two uses. */
class LentBlocksTest {
  private static final int BLOCK = 4;
  private static final int[] TEXT = new SplittableRandom(1).ints(40, 0, 9).toArray();

  private static BlockTable computed(PagedKv kv, int tokens) {
    BlockTable table = new BlockTable();
    assertThat(kv.reserve(table, tokens)).isTrue();
    kv.settle(table, "", TEXT, tokens, tokens);
    return table;
  }

  private static LentBlocks quarter() {
    return new LentBlocks(new KvSharing(3, 400, 100), 3, 10, BLOCK);
  }

  @Test
  void freeDraftMemoryBecomesTargetBlocksAndComesBack() {
    LentBlocks memory = quarter();
    assertThat(memory.lendable()).isEqualTo(2);
    memory.lend(5);
    assertThat(memory.lent()).isEqualTo(2);
    assertThat(memory.target().totalBlocks()).isEqualTo(5);
    assertThat(memory.draft().totalBlocks()).isEqualTo(2);
    memory.takeBack(3, 0);
    assertThat(memory.target().totalBlocks()).isEqualTo(4);
    assertThat(memory.draft().freeBlocks()).isEqualTo(6);
    memory.checkInvariants();
  }

  @Test
  void memoryInUseIsNeitherLentNorTakenBack() {
    LentBlocks memory = quarter();
    BlockTable draft = computed(memory.draft(), 5 * BLOCK);
    memory.lend(2);
    assertThat(memory.lent()).as("five of eight draft blocks are in use").isZero();
    memory.draft().release(draft);
    memory.lend(2);
    BlockTable target = computed(memory.target(), 5 * BLOCK);
    memory.takeBack(10, 0);
    assertThat(memory.lent()).isEqualTo(2);
    memory.target().release(target);
    memory.takeBack(10, 0);
    assertThat(memory.draft().freeBlocks()).isEqualTo(10);
    memory.checkInvariants();
  }

  @Test
  void theTargetKeepsTheLeastItNeeds() {
    LentBlocks memory = quarter();
    memory.lend(2);
    memory.takeBack(10, 4);
    assertThat(memory.target().freeBlocks()).isEqualTo(4);
    assertThat(memory.lent()).isEqualTo(1);
  }

  /** A prefix whose memory changes hands is forgotten, and so is all that continues it. */
  @Test
  void noPrefixIsFoundInMemoryThatChangedHands() {
    LentBlocks memory = quarter();
    PagedKv draft = memory.draft();
    draft.release(computed(draft, 36));
    assertThat(draft.cachedTokens("", TEXT, 36)).isEqualTo(36);
    memory.lend(1);
    int left = draft.cachedTokens("", TEXT, 36);
    assertThat(left).isLessThan(36);
    draft.checkInvariants(List.of());
    memory.takeBack(10, 0);
    assertThat(draft.cachedTokens("", TEXT, 36)).isEqualTo(left);
    computed(draft, 36);
    memory.checkInvariants();
  }

  @Test
  void sizesOfSharedMemoryMustMakeSense() {
    assertThatThrownBy(() -> new KvSharing(3, 0, 100)).hasMessageContaining("both have a size");
    assertThat(KvSharing.NONE.lendable(7)).isZero();
  }

  /** All that can happen, in any order, with blocks of any sizes. */
  @ParameterizedTest
  @CsvSource({"400, 100", "300, 100", "70, 30", "64, 64", "30, 50", "10, 45"})
  void noByteIsInTwoUses(long targetBytes, long draftBytes) {
    SplittableRandom random = new SplittableRandom(7);
    int changes = 0;
    for (int world = 0; world < 40; world++) {
      int own = 3 + random.nextInt(8);
      KvSharing sharing = new KvSharing(own + random.nextInt(3), targetBytes, draftBytes);
      LentBlocks memory = new LentBlocks(sharing, own, 2 + random.nextInt(20), BLOCK);
      List<BlockTable> targets = new ArrayList<>();
      List<BlockTable> drafts = new ArrayList<>();
      for (int i = 0; i < 150; i++) {
        int lent = memory.lent();
        switch (random.nextInt(4)) {
          case 0 -> memory.lend(random.nextInt(4));
          case 1 -> memory.takeBack(random.nextInt(12), random.nextInt(4));
          case 2 -> use(memory.target(), targets, random);
          default -> use(memory.draft(), drafts, random);
        }
        changes += memory.lent() == lent ? 0 : 1;
        memory.checkInvariants();
        memory.target().checkInvariants(targets);
        memory.draft().checkInvariants(drafts);
        requireDisjoint(sharing, targets, drafts);
      }
      targets.forEach(memory.target()::release);
      drafts.forEach(memory.draft()::release);
      memory.lend(100);
      assertThat(memory.lendable()).isZero();
      memory.takeBack(100, 0);
      assertThat(memory.lent()).isZero();
    }
    assertThat(changes).isGreaterThan(300);
  }

  private static void use(PagedKv kv, List<BlockTable> tables, SplittableRandom random) {
    if (!tables.isEmpty() && random.nextInt(2) == 0) {
      kv.release(tables.remove(random.nextInt(tables.size())));
      return;
    }
    int tokens = 1 + random.nextInt(TEXT.length);
    BlockTable table = new BlockTable();
    kv.take(table, random.nextInt(3) == 0 ? "other" : "", TEXT, tokens - 1);
    if (kv.reserve(table, tokens)) {
      kv.settle(table, "", TEXT, tokens, tokens);
      tables.add(table);
    } else {
      kv.release(table);
    }
  }

  private static void requireDisjoint(
      KvSharing sharing, List<BlockTable> targets, List<BlockTable> drafts) {
    for (BlockTable target : targets) {
      for (int i = 0; i < target.blocks(); i++) {
        long from = target.block(i) * sharing.targetBytes();
        for (BlockTable draft : drafts) {
          for (int j = 0; j < draft.blocks(); j++) {
            long other = sharing.draftOffset() + draft.block(j) * sharing.draftBytes();
            boolean apart =
                from + sharing.targetBytes() <= other || other + sharing.draftBytes() <= from;
            assertThat(apart).isTrue();
          }
        }
      }
    }
  }
}
