package io.adaspec.runtime.sampling;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;

class RankHeapTest {
  @Property(seed = "7", tries = 300)
  void givesKeysInTheOrderOfASort(@ForAll @Size(max = 200) long[] keys) {
    RankHeap heap = new RankHeap(200);
    heap.add(1);
    heap.clear();
    for (long key : keys) {
      heap.add(key);
    }
    heap.build();
    long[] polled = new long[keys.length];
    for (int i = 0; i < polled.length; i++) {
      polled[i] = heap.poll();
    }
    long[] sorted = keys.clone();
    Arrays.sort(sorted);
    assertThat(polled).isEqualTo(sorted);
    assertThat(heap.size()).isZero();
  }
}
