package io.adaspec.runtime.tensor;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * Large zeroed memory outside the heap, on huge pages where the system has them to give.
 *
 * <p>A decoded token reads every weight once, far more than the processor has address translations
 * for: with pages of 4 KiB one thread read 7 GB/s on a virtual machine, with 2 MiB 20 GB/s. On
 * Linux the memory is mapped anonymously and marked with {@code madvise(MADV_HUGEPAGE)}, a hint
 * that may be refused without harm; elsewhere, or where native calls are not allowed, it is plain
 * arena memory. Pages are taken when first written, so reserving more than is used costs nothing on
 * Linux.
 */
public final class NativeMemory {
  private static final long HUGE_PAGE = 2L << 20;
  private static final int PROT_READ_WRITE = 3;
  private static final int MAP_PRIVATE_ANONYMOUS = 0x22;
  private static final int MADV_HUGEPAGE = 14;
  private static final Optional<Calls> CALLS = Calls.find();

  private NativeMemory() {}

  /**
   * Reserves memory that starts at a huge page.
   *
   * @param arena owns it
   * @throws OutOfMemoryError if the system has no such memory
   */
  @SuppressWarnings("restricted") // the segment is exactly what the system mapped
  public static MemorySegment reserve(long bytes, Arena arena) {
    if (bytes < HUGE_PAGE || CALLS.isEmpty()) {
      return arena.allocate(bytes, 64);
    }
    Calls calls = CALLS.orElseThrow();
    long mapped = Math.addExact(bytes, HUGE_PAGE);
    long address = calls.map(mapped);
    if (address == -1) {
      throw new OutOfMemoryError(
          "the system refuses " + bytes + " bytes of memory outside the heap");
    }
    long start = Math.ceilDiv(address, HUGE_PAGE) * HUGE_PAGE;
    calls.adviseHugePages(start, bytes);
    return MemorySegment.ofAddress(start)
        .reinterpret(bytes, arena, memory -> calls.unmap(address, mapped));
  }

  /** Three functions of the C library. */
  private record Calls(MethodHandle mmap, MethodHandle munmap, MethodHandle madvise) {
    static Optional<Calls> find() {
      if (!System.getProperty("os.name", "").toLowerCase(Locale.ROOT).contains("linux")
          || !NativeMemory.class.getModule().isNativeAccessEnabled()) {
        return Optional.empty();
      }
      return Optional.of(
          new Calls(
              function("mmap", ValueLayout.JAVA_LONG, 6),
              function("munmap", ValueLayout.JAVA_INT, 2),
              function("madvise", ValueLayout.JAVA_INT, 3)));
    }

    /** The arguments are (long, long, int, int, int, long), as many of them as it has. */
    @SuppressWarnings("restricted") // signatures as in mmap(2) and madvise(2)
    private static MethodHandle function(String name, ValueLayout result, int arguments) {
      ValueLayout[] all = {
        ValueLayout.JAVA_LONG,
        ValueLayout.JAVA_LONG,
        ValueLayout.JAVA_INT,
        ValueLayout.JAVA_INT,
        ValueLayout.JAVA_INT,
        ValueLayout.JAVA_LONG
      };
      Linker linker = Linker.nativeLinker();
      return linker.downcallHandle(
          linker.defaultLookup().findOrThrow(name),
          FunctionDescriptor.of(result, Arrays.copyOf(all, arguments)));
    }

    long map(long bytes) {
      try {
        return (long) mmap.invokeExact(0L, bytes, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0L);
      } catch (Throwable e) {
        throw unexpected(e);
      }
    }

    void unmap(long address, long bytes) {
      try {
        int _ = (int) munmap.invokeExact(address, bytes);
      } catch (Throwable e) {
        throw unexpected(e);
      }
    }

    void adviseHugePages(long address, long bytes) {
      try {
        int _ = (int) madvise.invokeExact(address, bytes, MADV_HUGEPAGE);
      } catch (Throwable e) {
        throw unexpected(e);
      }
    }

    /** Method handles declare Throwable; these calls throw nothing. */
    private static IllegalStateException unexpected(Throwable e) {
      return new IllegalStateException("a call of the C library failed: " + e, e);
    }
  }
}
