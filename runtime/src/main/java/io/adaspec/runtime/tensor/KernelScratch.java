package io.adaspec.runtime.tensor;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Memory in which one thread expands a stretch of a quantised panel. */
public final class KernelScratch {
  /** Columns expanded at a time: a panel of them stays in the first-level cache. */
  static final int DEPTH = 256;

  private final MemorySegment panel;

  /**
   * @param arena owns the memory
   * @param panelRows of the matrices it is used with
   */
  public KernelScratch(Arena arena, int panelRows) {
    panel = arena.allocate(4L * DEPTH * panelRows, 64);
  }

  /** [DEPTH, panel rows] floats, native. */
  MemorySegment panel() {
    return panel;
  }
}
