package io.adaspec.runtime.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NativeMemoryTest {
  @ParameterizedTest
  @ValueSource(longs = {1, 4096, (2 << 20) - 1, 2 << 20, (5 << 20) + 3})
  void isZeroedWritableAndOfTheSizeAskedFor(long bytes) {
    try (Arena arena = Arena.ofShared()) {
      MemorySegment memory = NativeMemory.reserve(bytes, arena);
      assertThat(memory.byteSize()).isEqualTo(bytes);
      assertThat(memory.address() % 64).isZero();
      for (long at : new long[] {0, bytes / 2, bytes - 1}) {
        assertThat(memory.get(ValueLayout.JAVA_BYTE, at)).isZero();
      }
      memory.set(ValueLayout.JAVA_BYTE, bytes - 1, (byte) 7);
      assertThat(memory.get(ValueLayout.JAVA_BYTE, bytes - 1)).isEqualTo((byte) 7);
    }
  }

  @Test
  void endsWithItsArena() {
    MemorySegment memory;
    try (Arena arena = Arena.ofShared()) {
      memory = NativeMemory.reserve(8 << 20, arena);
    }
    assertThatThrownBy(() -> memory.get(ValueLayout.JAVA_BYTE, 0))
        .isInstanceOf(IllegalStateException.class);
  }
}
