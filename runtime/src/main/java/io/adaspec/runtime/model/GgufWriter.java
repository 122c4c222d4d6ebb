package io.adaspec.runtime.model;

import io.adaspec.runtime.tensor.WeightFormat;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Writes GGUF version 3 files: metadata first, then tensors in the order in which they were added.
 *
 * <p>Tensor data are produced while writing, one tensor at a time, so files larger than the heap
 * can be written. Not thread-safe.
 */
public final class GgufWriter {
  /** Produces the bytes of one tensor. */
  @FunctionalInterface
  public interface TensorData {
    /** Writes exactly the bytes that the tensor's format and shape ask for. */
    void writeTo(OutputStream out) throws IOException;
  }

  private record Tensor(String name, WeightFormat format, List<Long> shape, TensorData data) {
    long bytes() {
      long rows = 1;
      for (long size : shape.subList(0, shape.size() - 1)) {
        rows = Math.multiplyExact(rows, size);
      }
      return Math.multiplyExact(rows, format.bytesOf(shape.getLast()));
    }
  }

  private static final int ALIGNMENT = GgufHeader.DEFAULT_ALIGNMENT;

  private final Set<String> keys = new LinkedHashSet<>();
  private final ByteArrayOutputStream entries = new ByteArrayOutputStream();
  private final List<Tensor> tensors = new ArrayList<>();
  private final Set<String> tensorNames = new LinkedHashSet<>();

  /** Adds a text. */
  public GgufWriter put(String key, String value) {
    begin(key, GgufType.STRING);
    writeString(entries, value);
    return this;
  }

  /** Adds an unsigned 32-bit number. */
  public GgufWriter put(String key, int value) {
    begin(key, GgufType.UINT32);
    writeInt(entries, value);
    return this;
  }

  /** Adds a single-precision number. */
  public GgufWriter put(String key, float value) {
    begin(key, GgufType.FLOAT32);
    writeInt(entries, Float.floatToRawIntBits(value));
    return this;
  }

  /** Adds a truth value. */
  public GgufWriter put(String key, boolean value) {
    begin(key, GgufType.BOOL);
    entries.write(value ? 1 : 0);
    return this;
  }

  /** Adds an array of texts. */
  public GgufWriter put(String key, List<String> values) {
    beginArray(key, GgufType.STRING, values.size());
    values.forEach(value -> writeString(entries, value));
    return this;
  }

  /** Adds an array of signed 32-bit numbers. */
  public GgufWriter put(String key, int[] values) {
    beginArray(key, GgufType.INT32, values.length);
    for (int value : values) {
      writeInt(entries, value);
    }
    return this;
  }

  /** Adds an array of single-precision numbers. */
  public GgufWriter put(String key, float[] values) {
    beginArray(key, GgufType.FLOAT32, values.length);
    for (float value : values) {
      writeInt(entries, Float.floatToRawIntBits(value));
    }
    return this;
  }

  /**
   * Adds a tensor.
   *
   * @param shape sizes, slowest dimension first
   */
  public GgufWriter tensor(String name, WeightFormat format, List<Long> shape, TensorData data) {
    if (!tensorNames.add(name)) {
      throw new IllegalArgumentException("tensor " + name + " was added before");
    }
    tensors.add(new Tensor(name, format, List.copyOf(shape), data));
    return this;
  }

  /** Writes the file, replacing one that is there. */
  public void write(Path path) throws IOException {
    try (OutputStream file = Files.newOutputStream(path);
        CountingStream out = new CountingStream(new BufferedOutputStream(file, 1 << 16))) {
      out.write(header());
      for (Tensor tensor : tensors) {
        pad(out);
        long start = out.written;
        tensor.data.writeTo(out);
        if (out.written - start != tensor.bytes()) {
          throw new IllegalStateException(
              "tensor "
                  + tensor.name
                  + " was given "
                  + (out.written - start)
                  + " bytes instead of "
                  + tensor.bytes());
        }
      }
      pad(out);
    }
  }

  private byte[] header() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    writeInt(out, GgufHeader.MAGIC);
    writeInt(out, 3);
    writeLong(out, tensors.size());
    writeLong(out, keys.size());
    out.writeBytes(entries.toByteArray());
    long offset = 0;
    for (Tensor tensor : tensors) {
      writeString(out, tensor.name);
      writeInt(out, tensor.shape.size());
      tensor.shape.reversed().forEach(size -> writeLong(out, size));
      writeInt(out, tensor.format.ggufType());
      writeLong(out, offset);
      offset = Math.ceilDiv(Math.addExact(offset, tensor.bytes()), ALIGNMENT) * (long) ALIGNMENT;
    }
    return out.toByteArray();
  }

  private void begin(String key, GgufType type) {
    if (!keys.add(key)) {
      throw new IllegalArgumentException("metadata key " + key + " was added before");
    }
    writeString(entries, key);
    writeInt(entries, type.number());
  }

  private void beginArray(String key, GgufType elementType, int count) {
    begin(key, GgufType.ARRAY);
    writeInt(entries, elementType.number());
    writeLong(entries, count);
  }

  private static void writeString(ByteArrayOutputStream out, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    writeLong(out, bytes.length);
    out.writeBytes(bytes);
  }

  private static void writeInt(ByteArrayOutputStream out, int value) {
    for (int shift = 0; shift < 32; shift += 8) {
      out.write(value >> shift);
    }
  }

  private static void writeLong(ByteArrayOutputStream out, long value) {
    writeInt(out, (int) value);
    writeInt(out, (int) (value >> 32));
  }

  private static void pad(CountingStream out) throws IOException {
    while (out.written % ALIGNMENT != 0) {
      out.write(0);
    }
  }

  /** Counts what goes through. */
  private static final class CountingStream extends FilterOutputStream {
    private long written;

    CountingStream(OutputStream out) {
      super(out);
    }

    @Override
    public void write(int b) throws IOException {
      out.write(b);
      written++;
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      out.write(bytes, offset, length);
      written += length;
    }
  }
}
