package io.adaspec.runtime.kvcache;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** The prefix cache: what is found again, by whom, and what is forgotten first. */
class PagedKvTest {
  private static final int BLOCK = 4;
  private static final int[] A = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
  private static final int[] B = {11, 12, 13, 14};
  private static final int[] C = {21, 22, 23, 24};

  private static void compute(PagedKv kv, BlockTable table, String salt, int[] tokens) {
    assertThat(kv.reserve(table, tokens.length)).isTrue();
    kv.settle(table, salt, tokens, tokens.length, tokens.length);
  }

  private static void computeAndRelease(PagedKv kv, String salt, int[] tokens) {
    BlockTable table = new BlockTable();
    compute(kv, table, salt, tokens);
    kv.release(table);
    kv.checkInvariants(List.of());
  }

  @Test
  void findsWholeBlocksOfAnEarlierRequest() {
    PagedKv kv = new PagedKv(8, BLOCK);
    computeAndRelease(kv, "", A);
    BlockTable later = new BlockTable();
    assertThat(kv.take(later, "", A, A.length - 1)).isEqualTo(8);
    assertThat(later.computed()).isEqualTo(8);
    assertThat(later.blocks()).isEqualTo(2);
    assertThat(kv.freeBlocks()).isEqualTo(6);
    kv.checkInvariants(List.of(later));
  }

  @Test
  void leavesAtLeastTheTokensBehindTheLimitToBeComputed() {
    PagedKv kv = new PagedKv(8, BLOCK);
    computeAndRelease(kv, "", A);
    assertThat(kv.cachedTokens("", A, 7)).isEqualTo(4);
    assertThat(kv.take(new BlockTable(), "", A, 7)).isEqualTo(4);
  }

  @Test
  void sharesABlockWithARequestThatRuns() {
    PagedKv kv = new PagedKv(8, BLOCK);
    BlockTable running = new BlockTable();
    compute(kv, running, "", A);
    BlockTable later = new BlockTable();
    assertThat(kv.take(later, "", A, A.length)).isEqualTo(8);
    assertThat(later.block(0)).isEqualTo(running.block(0));
    kv.release(running);
    assertThat(kv.freeBlocks()).isEqualTo(6);
    kv.checkInvariants(List.of(later));
  }

  @Test
  void aBlockCountsOnlyBehindTheSamePrefix() {
    PagedKv kv = new PagedKv(8, BLOCK);
    computeAndRelease(kv, "", A);
    int[] other = A.clone();
    other[0] = 99;
    assertThat(kv.cachedTokens("", other, other.length)).isZero();
  }

  @Test
  void tenantsDoNotShareWhatTheyComputed() {
    PagedKv kv = new PagedKv(8, BLOCK);
    computeAndRelease(kv, "tenant", A);
    assertThat(kv.cachedTokens("", A, A.length)).isZero();
    assertThat(kv.cachedTokens("other", A, A.length)).isZero();
    assertThat(kv.cachedTokens("tenant", A, A.length)).isEqualTo(8);
  }

  @Test
  void tenantsWhoseSaltsHaveTheSameHashDoNotShareEither() {
    assertThat("Aa".hashCode()).isEqualTo("BB".hashCode());
    PagedKv kv = new PagedKv(8, BLOCK);
    computeAndRelease(kv, "Aa", A);
    assertThat(kv.cachedTokens("BB", A, A.length)).isZero();
    computeAndRelease(kv, "BB", A);
    assertThat(kv.cachedTokens("BB", A, A.length)).isZero();
    assertThat(kv.cachedTokens("Aa", A, A.length)).isEqualTo(8);
  }

  @Test
  void forgetsTheLeastRecentlyReleasedPrefixFirst() {
    PagedKv kv = new PagedKv(3, BLOCK);
    computeAndRelease(kv, "", B);
    computeAndRelease(kv, "", C);
    BlockTable again = new BlockTable();
    assertThat(kv.take(again, "", B, BLOCK)).isEqualTo(BLOCK);
    kv.release(again);
    assertThat(kv.reserve(new BlockTable(), 2 * BLOCK)).isTrue();
    assertThat(kv.cachedTokens("", C, BLOCK)).isZero();
    assertThat(kv.cachedTokens("", B, BLOCK)).isEqualTo(BLOCK);
  }

  @Test
  void forgetsTheEndOfAPrefixBeforeItsBeginning() {
    PagedKv kv = new PagedKv(3, BLOCK);
    computeAndRelease(kv, "", A);
    assertThat(kv.reserve(new BlockTable(), 2 * BLOCK)).isTrue();
    assertThat(kv.cachedTokens("", A, A.length)).isEqualTo(4);
  }

  @Test
  void usesBlocksWithoutAPrefixBeforeCachedOnes() {
    PagedKv kv = new PagedKv(4, BLOCK);
    computeAndRelease(kv, "", A);
    assertThat(kv.cachedBlocks()).isEqualTo(2);
    assertThat(kv.reserve(new BlockTable(), 2 * BLOCK)).isTrue();
    assertThat(kv.cachedTokens("", A, A.length)).isEqualTo(8);
  }

  @Test
  void equalBlocksOfTwoRequestsAreHeldOnce() {
    PagedKv kv = new PagedKv(8, BLOCK);
    BlockTable first = new BlockTable();
    BlockTable second = new BlockTable();
    assertThat(kv.reserve(second, A.length)).isTrue();
    compute(kv, first, "", A);
    kv.settle(second, "", A, A.length, A.length);
    assertThat(second.block(0)).isEqualTo(first.block(0));
    assertThat(kv.freeBlocks()).isEqualTo(4);
    kv.checkInvariants(List.of(first, second));
  }

  /** Two prefixes of one hash: the second is not indexed, and neither is taken for the other. */
  @Test
  void comparesTokensWhenHashesCollide() {
    int[][] pair = collidingPair();
    PrefixIndex index = new PrefixIndex(4, 2);
    assertThat(index.add(null, "", pair[0], 0, 0)).isNotNull();
    assertThat(index.add(null, "", pair[1], 0, 1)).as("the hash is taken").isNull();
    assertThat(index.find(null, "", pair[1], 0)).isNull();
    assertThat(index.find(null, "", pair[0], 0)).isNotNull();
    index.checkInvariants();
  }

  /**
   * Of two first tokens whose hashes differ in the last 31 bits only, second tokens even it out.
   */
  private static int[][] collidingPair() {
    Map<Long, Integer> firstTokens = new HashMap<>();
    SplittableRandom random = new SplittableRandom(1);
    while (true) {
      int token = random.nextInt();
      long hash = mixed(token);
      Integer other = firstTokens.putIfAbsent(hash >> 31, token);
      if (other != null && other != token) {
        return new int[][] {{other, 0}, {token, (int) (hash ^ mixed(other))}};
      }
    }
  }

  private static long mixed(long token) {
    long hash = token * 0x9E3779B97F4A7C15L;
    return hash ^ (hash >>> 32);
  }
}
