package io.adaspec.gpu.cublas;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.adaspec.runtime.device.DeviceException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * cuBLASLt in the CUDA context that is bound to the thread. Products are queued in the stream they
 * are given; the library chooses an algorithm for every shape once, and the same shape gives the
 * same bits again. Used by one thread.
 */
public final class CublasLt implements AutoCloseable {
  private static final int MOST_CHOICES = 128;
  private static final int ALGORITHM_BYTES = 64;
  private static final int RESULT_BYTES = 96;
  private static final int RESULT_STATE = 72;
  private static final int MOST_ALIGNMENT = 256;

  /** Objects that a choice keeps, made first; what else choosing takes goes at once. */
  private static final int LAYOUTS = 3;

  // Constants of cublasLt.h and library_types.h.
  private static final int COMPUTE_32F = 68;
  private static final int R_32F = 0;
  private static final int R_16F = 2;
  private static final int R_16BF = 14;
  private static final int TRANSPOSE_A = 3;
  private static final int TRANSPOSED = 1;
  private static final int MOST_WORKSPACE = 1;
  private static final int ALIGNMENT_A = 5;
  private static final int ALIGNMENT_B = 6;
  private static final int ALIGNMENT_C = 7;
  private static final int ALIGNMENT_D = 8;

  private final CublasLtLibrary library;
  private final long workspace;
  private final long workspaceBytes;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment out = arena.allocate(ADDRESS);
  private final MemorySegment value = arena.allocate(JAVA_LONG);
  private final MemorySegment one = arena.allocateFrom(JAVA_FLOAT, 1f);
  private final MemorySegment zero = arena.allocateFrom(JAVA_FLOAT, 0f);
  private final MemorySegment result = arena.allocate(RESULT_BYTES, Long.BYTES);
  private final Map<Shape, Choice> choices = new LinkedHashMap<>(16, 0.75f, true);
  private final List<Owned> owned = new ArrayList<>();
  private final MemorySegment handle;
  private final MemorySegment description;

  /** What the choice of an algorithm depends on; alignments in bytes. */
  private record Shape(HalfProduct product, int weights, int x, int out) {}

  /** An algorithm, and the layouts it is called with. */
  private record Choice(
      MemorySegment weights, MemorySegment x, MemorySegment out, MemorySegment algorithm) {}

  /** An object of the library and what destroys it. */
  private record Owned(CublasFunction destroy, MemorySegment object) {}

  /**
   * @param workspace GPU memory that algorithms may use, aligned to {@value #MOST_ALIGNMENT} bytes
   * @throws DeviceException if the library cannot work here
   */
  public CublasLt(CublasLtLibrary library, long workspace, long workspaceBytes) {
    this.library = library;
    this.workspace = workspace;
    this.workspaceBytes = workspaceBytes;
    boolean done = false;
    try {
      this.handle = create("", CublasFunction.CREATE, CublasFunction.DESTROY);
      this.description =
          create(
              "",
              CublasFunction.DESCRIPTION_CREATE,
              CublasFunction.DESCRIPTION_DESTROY,
              COMPUTE_32F,
              R_32F);
      set(CublasFunction.DESCRIPTION_SET, description, TRANSPOSE_A, TRANSPOSED, Integer.BYTES);
      done = true;
    } finally {
      if (!done) {
        close();
      }
    }
  }

  /**
   * Queues a product.
   *
   * @param weights address in GPU memory
   * @param x address of the first row
   * @param out address of the first row's first output
   * @throws DeviceException if the library refuses; what lies at {@code out} is then undefined
   */
  public void multiply(HalfProduct product, long weights, long x, long out, long stream) {
    Choice choice = choice(new Shape(product, alignment(weights), alignment(x), alignment(out)));
    int status =
        library.call(
            CublasFunction.MULTIPLY,
            handle,
            description,
            one,
            weights,
            choice.weights(),
            x,
            choice.x(),
            zero,
            out,
            choice.out(),
            out,
            choice.out(),
            choice.algorithm(),
            workspace,
            workspaceBytes,
            stream);
    CublasStatus.check(status, CublasFunction.MULTIPLY.symbol() + " of " + product);
  }

  private Choice choice(Shape shape) {
    Choice known = choices.get(shape);
    if (known != null) {
      return known;
    }
    if (choices.size() == MOST_CHOICES) {
      forgetEldest();
    }
    int mark = owned.size();
    boolean done = false;
    try {
      Choice choice = choose(shape);
      choices.put(shape, choice);
      done = true;
      return choice;
    } finally {
      destroyFrom(done ? mark + LAYOUTS : mark);
    }
  }

  /** The library's matrices lie in columns, so rows of ours are columns of its. */
  private Choice choose(Shape shape) {
    HalfProduct product = shape.product();
    int type = product.bfloat() ? R_16BF : R_16F;
    MemorySegment weights =
        layout(product, type, product.inputs(), product.outputs(), product.inputs());
    MemorySegment x = layout(product, type, product.inputs(), product.rows(), product.inputs());
    MemorySegment sums =
        layout(product, R_32F, product.outputs(), product.rows(), product.outStride());
    MemorySegment preference =
        create(
            " for " + product, CublasFunction.PREFERENCE_CREATE, CublasFunction.PREFERENCE_DESTROY);
    CublasFunction set = CublasFunction.PREFERENCE_SET;
    set(set, preference, MOST_WORKSPACE, workspaceBytes, Long.BYTES);
    set(set, preference, ALIGNMENT_A, shape.weights(), Integer.BYTES);
    set(set, preference, ALIGNMENT_B, shape.x(), Integer.BYTES);
    set(set, preference, ALIGNMENT_C, shape.out(), Integer.BYTES);
    set(set, preference, ALIGNMENT_D, shape.out(), Integer.BYTES);
    value.set(JAVA_INT, 0, 0);
    int status =
        library.call(
            CublasFunction.HEURISTIC,
            handle,
            description,
            weights,
            x,
            sums,
            sums,
            preference,
            1,
            result,
            value);
    if (status == CublasStatus.SUCCESS) {
      status =
          value.get(JAVA_INT, 0) < 1
              ? CublasStatus.NOT_SUPPORTED
              : result.get(JAVA_INT, RESULT_STATE);
    }
    CublasStatus.check(status, CublasFunction.HEURISTIC.symbol() + " for " + product);
    MemorySegment algorithm = Arena.ofAuto().allocate(ALGORITHM_BYTES, Long.BYTES);
    algorithm.copyFrom(result.asSlice(0, ALGORITHM_BYTES));
    return new Choice(weights, x, sums, algorithm);
  }

  private MemorySegment layout(
      HalfProduct product, int type, long rows, long columns, long stride) {
    return create(
        " for " + product,
        CublasFunction.LAYOUT_CREATE,
        CublasFunction.LAYOUT_DESTROY,
        type,
        rows,
        columns,
        stride);
  }

  /** Makes an object of the library: its function takes where the handle goes, then more. */
  private MemorySegment create(
      String purpose, CublasFunction function, CublasFunction destroy, Object... more) {
    Object[] arguments = new Object[more.length + 1];
    arguments[0] = out;
    System.arraycopy(more, 0, arguments, 1, more.length);
    CublasStatus.check(library.call(function, arguments), function.symbol() + purpose);
    MemorySegment object = out.get(ADDRESS, 0);
    owned.add(new Owned(destroy, object));
    return object;
  }

  private void set(
      CublasFunction function, MemorySegment object, int attribute, long number, long bytes) {
    value.set(JAVA_LONG, 0, number); // little-endian, so its first half is the int
    CublasStatus.check(
        library.call(function, object, attribute, value, bytes),
        function.symbol() + " of attribute " + attribute);
  }

  private static int alignment(long address) {
    return (int) Math.min(MOST_ALIGNMENT, Long.lowestOneBit(address));
  }

  private void forgetEldest() {
    Choice eldest = choices.remove(choices.keySet().iterator().next());
    if (eldest != null) {
      owned.removeIf(
          each -> {
            boolean its =
                each.object().equals(eldest.weights())
                    || each.object().equals(eldest.x())
                    || each.object().equals(eldest.out());
            if (its) {
              library.call(each.destroy(), each.object());
            }
            return its;
          });
    }
  }

  private void destroyFrom(int mark) {
    while (owned.size() > mark) {
      Owned last = owned.removeLast();
      library.call(last.destroy(), last.object());
    }
  }

  /** Lets everything go; a lost context is no hindrance. */
  @Override
  public void close() {
    choices.clear();
    destroyFrom(0);
    arena.close();
  }
}
