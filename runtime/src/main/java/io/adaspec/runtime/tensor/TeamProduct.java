package io.adaspec.runtime.tensor;

import java.lang.foreign.Arena;

/**
 * Products of the same rows with up to three matrices, as one job of a team. Reused from product to
 * product and allocates nothing; one caller at a time.
 */
public final class TeamProduct implements WorkerTeam.Job {
  private static final int MOST_MATRICES = 3;
  private static final int CHUNKS_PER_WORKER = 16;

  /** Multiply-adds that the caller does alone faster than a team would start: about 1 µs. */
  private static final long SERIAL_WORK = 24_000;

  private final Kernels kernels;
  private final WorkerTeam team;
  private final KernelScratch[] scratch;
  private final PackedMatrix[] matrices = new PackedMatrix[MOST_MATRICES];
  private final Rows[] outs = new Rows[MOST_MATRICES];
  private final int[] firstChunks = new int[MOST_MATRICES + 1];
  private Rows x = Rows.allocate(0, 1);
  private int rows;
  private int count;
  private int panels;
  private int panelsPerChunk;
  private long work;
  private boolean gated;

  /**
   * @param arena owns the scratch memory
   */
  public TeamProduct(Kernels kernels, WorkerTeam team, Arena arena) {
    this.kernels = kernels;
    this.team = team;
    this.scratch = new KernelScratch[team.size()];
    for (int i = 0; i < scratch.length; i++) {
      scratch[i] = new KernelScratch(arena, kernels.panelRows());
    }
  }

  /** Starts a product of {@code rows} rows of {@code x}. */
  public TeamProduct of(Rows input, int inputRows) {
    x = input;
    rows = inputRows;
    count = 0;
    panels = 0;
    work = 0;
    return this;
  }

  /** Adds a matrix whose product goes to {@code out}. */
  public TeamProduct with(PackedMatrix matrix, Rows out) {
    matrices[count] = matrix;
    outs[count] = out;
    count++;
    panels += matrix.panels();
    work += (long) rows * matrix.rows() * matrix.columns();
    return this;
  }

  /** Computes the products. */
  public void run() {
    gated = false;
    panelsPerChunk = panelsPerChunk(panels);
    int chunks = 0;
    for (int i = 0; i < count; i++) {
      firstChunks[i] = chunks;
      chunks += Math.ceilDiv(matrices[i].panels(), panelsPerChunk);
    }
    firstChunks[count] = chunks;
    start(chunks);
  }

  /**
   * Computes two products of equal shape, a gate and its operand, and leaves {@code silu(gate) ·
   * operand} where the gate's product went.
   */
  public void runGated() {
    gated = true;
    panelsPerChunk = panelsPerChunk(matrices[0].panels());
    start(Math.ceilDiv(matrices[0].panels(), panelsPerChunk));
  }

  private void start(int chunks) {
    if (work <= SERIAL_WORK) {
      for (int chunk = 0; chunk < chunks; chunk++) {
        run(0, chunk);
      }
    } else {
      team.run(chunks, this);
    }
  }

  /** Panels of a chunk: an even number, since kernels like pairs, unless there are too few. */
  private int panelsPerChunk(int of) {
    if (work <= SERIAL_WORK) {
      return Math.max(1, of);
    }
    int pairs = Math.ceilDiv(of, 2 * team.size() * CHUNKS_PER_WORKER);
    return of < 4 * team.size() ? 1 : 2 * pairs;
  }

  @Override
  public void run(int worker, int chunk) {
    if (gated) {
      int from = chunk * panelsPerChunk;
      int to = Math.min(from + panelsPerChunk, matrices[0].panels());
      kernels.multiply(matrices[0], from, to, x, rows, outs[0], 0, scratch[worker]);
      kernels.multiply(matrices[1], from, to, x, rows, outs[1], 0, scratch[worker]);
      gate(from * matrices[0].panelRows(), (to - from) * matrices[0].panelRows());
      return;
    }
    int i = 0;
    while (chunk >= firstChunks[i + 1]) {
      i++;
    }
    int from = (chunk - firstChunks[i]) * panelsPerChunk;
    int to = Math.min(from + panelsPerChunk, matrices[i].panels());
    kernels.multiply(matrices[i], from, to, x, rows, outs[i], 0, scratch[worker]);
  }

  private void gate(int column, int columns) {
    for (int row = 0; row < rows; row++) {
      int g = row * outs[0].stride() + column;
      int u = row * outs[1].stride() + column;
      kernels.siluMultiply(outs[0].data(), g, outs[1].data(), u, outs[0].data(), g, columns);
    }
  }
}
