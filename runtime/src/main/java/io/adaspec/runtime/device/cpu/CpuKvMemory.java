package io.adaspec.runtime.device.cpu;

import io.adaspec.runtime.device.DeviceInfo;
import io.adaspec.runtime.kvcache.KvGeometry;
import io.adaspec.runtime.tensor.NativeMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The KV memory of a CPU device: target blocks, and behind them draft memory, in which target
 * blocks may lie too. Pages are taken when first written.
 */
final class CpuKvMemory implements AutoCloseable {
  private final Arena arena = Arena.ofShared();
  private final MemorySegment memory;
  private final long targetBytes;
  private final long draftOffset;

  CpuKvMemory(DeviceInfo info, KvGeometry target) {
    this.draftOffset = Math.multiplyExact(target.bytesPerBlock(), info.kvBlocks());
    this.targetBytes =
        draftOffset + Math.multiplyExact(target.bytesPerBlock(), info.lendableKvBlocks());
    this.memory =
        NativeMemory.reserve(
            info.hasDraftModel() ? info.sharing().bytes(info.draftKvBlocks()) : draftOffset, arena);
  }

  /** Of the target's blocks, those in draft memory included. */
  MemorySegment ofTarget() {
    return memory.asSlice(0, targetBytes);
  }

  /** Of the draft model's blocks. */
  MemorySegment ofDraft() {
    return memory.asSlice(draftOffset);
  }

  @Override
  public void close() {
    arena.close();
  }
}
