package io.adaspec.runtime.model;

import com.fasterxml.jackson.databind.JsonNode;
import io.adaspec.runtime.tensor.WeightFormat;
import io.adaspec.runtime.tensor.WeightTensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A safetensors file, memory-mapped: a JSON header of names, types, shapes and offsets, then data.
 *
 * <p>Opening checks every entry against the file's length. Tensors are read-only views, valid until
 * {@link #close}. Thread-safe. Source: the safetensors format description of Hugging Face.
 */
public final class SafetensorsFile implements AutoCloseable {
  private static final long MOST_HEADER_BYTES = 32 << 20;
  private static final int MOST_DIMENSIONS = 8;
  private static final Map<String, WeightFormat> FORMATS =
      Map.of("F32", WeightFormat.F32, "F16", WeightFormat.F16, "BF16", WeightFormat.BF16);

  private record Entry(String type, List<Long> shape, long begin, long end) {}

  private final Path path;
  private final Arena arena;
  private final MemorySegment file;
  private final long dataOffset;
  private final Map<String, Entry> entries;

  private SafetensorsFile(Path path, Arena arena, MemorySegment file) {
    this.path = path;
    this.arena = arena;
    this.file = file;
    long headerBytes = headerBytes(file);
    this.dataOffset = 8 + headerBytes;
    byte[] header = new byte[(int) headerBytes];
    MemorySegment.copy(file, ValueLayout.JAVA_BYTE, 8, header, 0, header.length);
    this.entries = Collections.unmodifiableMap(entries(header, file.byteSize() - dataOffset));
  }

  /**
   * Maps a file and reads its header.
   *
   * @throws IOException if the file cannot be read
   * @throws ModelFormatException if it is no sound safetensors file
   */
  @SuppressWarnings("MustBeClosed") // the result owns the arena
  public static SafetensorsFile open(Path path) throws IOException {
    Arena arena = Arena.ofShared();
    try {
      return new SafetensorsFile(path, arena, MappedWeights.map(path, arena));
    } catch (ModelFormatException e) {
      arena.close();
      throw e.in(path);
    } catch (IOException | RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  private static long headerBytes(MemorySegment file) {
    if (file.byteSize() < 10) {
      throw new ModelFormatException(
          "not a safetensors file: " + file.byteSize() + " bytes are less than a header");
    }
    long bytes = file.get(GgufCursor.LONG, 0);
    if (bytes < 2 || bytes > Math.min(MOST_HEADER_BYTES, file.byteSize() - 8)) {
      throw new ModelFormatException(
          "safetensors header length is "
              + Long.toUnsignedString(bytes)
              + " in a file of "
              + file.byteSize()
              + " bytes: the file is cut short, damaged or of another kind");
    }
    return bytes;
  }

  private static Map<String, Entry> entries(byte[] header, long dataBytes) {
    Map<String, Entry> entries = new LinkedHashMap<>();
    JsonFiles.parse(new String(header, StandardCharsets.UTF_8), "safetensors header")
        .properties()
        .forEach(
            property -> {
              if (!property.getKey().equals("__metadata__")) {
                entries.put(
                    property.getKey(), entry(property.getKey(), property.getValue(), dataBytes));
              }
            });
    return entries;
  }

  private static Entry entry(String name, JsonNode json, long dataBytes) {
    List<Long> shape = sizes(name, "shape", json);
    List<Long> offsets = sizes(name, "data_offsets", json);
    boolean sound = json.path("dtype").isTextual() && json.path("shape").isArray();
    if (!sound || offsets.size() != 2 || shape.size() > MOST_DIMENSIONS) {
      throw new ModelFormatException(
          "tensor " + name + " lacks a sound dtype, shape or data_offsets: " + json);
    }
    long begin = offsets.get(0);
    long end = offsets.get(1);
    if (begin > end || end > dataBytes) {
      throw new ModelFormatException(
          "tensor "
              + name
              + " lies at "
              + begin
              + " to "
              + end
              + " of "
              + dataBytes
              + " data bytes: the file is cut short or damaged; download it again");
    }
    return new Entry(json.path("dtype").textValue(), shape, begin, end);
  }

  private static List<Long> sizes(String name, String field, JsonNode json) {
    List<Long> values = new ArrayList<>();
    for (JsonNode value : json.path(field)) {
      if (!value.canConvertToLong() || !value.isIntegralNumber() || value.longValue() < 0) {
        throw new ModelFormatException(
            "tensor " + name + " has " + value + " in its " + field + ": the file is damaged");
      }
      values.add(value.longValue());
    }
    return values;
  }

  /** Names of all tensors. */
  public Set<String> names() {
    return entries.keySet();
  }

  /**
   * A view of a tensor's data.
   *
   * @throws ModelFormatException if there is no such tensor or it cannot be read
   */
  public WeightTensor tensor(String name) {
    Entry entry = entries.get(name);
    if (entry == null) {
      throw new ModelFormatException(path.getFileName() + " has no tensor " + name);
    }
    WeightFormat format = FORMATS.get(entry.type);
    if (format == null) {
      throw new ModelFormatException(
          "tensor " + name + " has type " + entry.type + "; supported are F32, F16 and BF16");
    }
    try {
      MemorySegment data = file.asSlice(dataOffset + entry.begin, entry.end - entry.begin);
      return new WeightTensor(name, format, entry.shape, data);
    } catch (ArithmeticException e) {
      throw new ModelFormatException(
          "tensor " + name + " of shape " + entry.shape + " is larger than any file", e);
    } catch (IllegalArgumentException e) {
      throw new ModelFormatException(e.getMessage() + ": the file is damaged", e);
    }
  }

  /** Unmaps the file; tensors must not be read afterwards. */
  @Override
  public void close() {
    arena.close();
  }
}
