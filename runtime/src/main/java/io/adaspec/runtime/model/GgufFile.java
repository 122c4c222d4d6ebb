package io.adaspec.runtime.model;

import io.adaspec.runtime.tensor.WeightTensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Collection;

/**
 * A GGUF file (version 2 or 3, little-endian), memory-mapped.
 *
 * <p>Opening reads the header only and checks it against the file's length: counts, strings, array
 * sizes, tensor offsets and sizes. Tensors are read-only views of the mapping, valid until {@link
 * #close}. Thread-safe. Source: the GGUF specification of the ggml project.
 */
public final class GgufFile implements AutoCloseable {
  private final Path path;
  private final Arena arena;
  private final MemorySegment file;
  private final GgufHeader header;

  private GgufFile(Path path, Arena arena, MemorySegment file, GgufHeader header) {
    this.path = path;
    this.arena = arena;
    this.file = file;
    this.header = header;
  }

  /**
   * Maps a file and reads its header.
   *
   * @throws IOException if the file cannot be read
   * @throws ModelFormatException if it is no sound GGUF file; the message begins with its name
   */
  @SuppressWarnings("MustBeClosed") // the result owns the arena
  public static GgufFile open(Path path) throws IOException {
    Arena arena = Arena.ofShared();
    try {
      MemorySegment file = MappedWeights.map(path, arena);
      return new GgufFile(path, arena, file, GgufHeader.read(file));
    } catch (ModelFormatException e) {
      arena.close();
      throw e.in(path);
    } catch (IOException | RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  /** Where the file lies. */
  public Path path() {
    return path;
  }

  /** 2 or 3. */
  public int version() {
    return header.version();
  }

  /** Keys and values. */
  public GgufMetadata metadata() {
    return header.metadata();
  }

  /** Tensor entries in file order, of supported types or not. */
  public Collection<GgufTensor> tensors() {
    return header.tensors().values();
  }

  /** Whether the file has a tensor of that name. */
  public boolean has(String tensorName) {
    return header.tensors().containsKey(tensorName);
  }

  /**
   * A view of a tensor's data.
   *
   * @throws ModelFormatException if there is no such tensor or its type is not supported
   */
  public WeightTensor tensor(String name) {
    GgufTensor tensor = header.tensors().get(name);
    if (tensor == null) {
      throw new ModelFormatException(path.getFileName() + " has no tensor " + name);
    }
    MemorySegment data =
        file.asSlice(Math.addExact(header.dataOffset(), tensor.offset()), tensor.bytes());
    return new WeightTensor(name, tensor.format(), tensor.shape(), data);
  }

  /** Unmaps the file; tensors must not be read afterwards. */
  @Override
  public void close() {
    arena.close();
  }
}
