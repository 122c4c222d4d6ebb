package io.adaspec.runtime.model;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The parsed and checked header of a GGUF file.
 *
 * <p>Every count is held against the bytes that are left before anything is allocated for it, so
 * heap use is bounded by the file's length and by fixed limits, whatever the header declares.
 *
 * @param version 2 or 3
 * @param metadata keys and values
 * @param tensors by name, in file order
 * @param dataOffset where the data part begins
 */
record GgufHeader(
    int version, GgufMetadata metadata, Map<String, GgufTensor> tensors, long dataOffset) {
  static final int MAGIC = 0x46554747; // "GGUF"
  static final int DEFAULT_ALIGNMENT = 32;
  static final String ALIGNMENT_KEY = "general.alignment";

  private static final int FIXED_BYTES = 24;
  private static final int MOST_KEYS = 1 << 16;
  private static final int MOST_TENSORS = 1 << 18;
  private static final int MOST_NAME_BYTES = (1 << 16) - 1;
  private static final int MOST_DIMENSIONS = 4;
  private static final int MOST_ALIGNMENT = 1 << 20;

  /** Bound on the heap that the names of keys, or of tensors, take together. */
  private static final long MOST_NAMES_BYTES = 32 << 20;

  /** Reads the header and checks it, and every tensor, against the file's length. */
  static GgufHeader read(MemorySegment file) {
    if (file.byteSize() < FIXED_BYTES) {
      throw new ModelFormatException(
          "not a GGUF file: " + file.byteSize() + " bytes are less than a header");
    }
    GgufCursor cursor = new GgufCursor(file, 0);
    int version = readVersion(cursor);
    long tensorCount = cursor.readLength("tensor count");
    long keyCount = cursor.readCount("metadata key count", 13);
    atMost("metadata key count", keyCount, MOST_KEYS);
    GgufMetadata metadata = new GgufMetadata(file, readEntries(cursor, (int) keyCount));
    atMost("tensor count", tensorCount, Math.min(MOST_TENSORS, cursor.remaining() / 32));
    long alignment = alignment(metadata);
    Map<String, GgufTensor> tensors = readTensors(cursor, (int) tensorCount, alignment);
    long dataOffset = Math.ceilDiv(cursor.position(), alignment) * alignment;
    tensors.values().forEach(tensor -> checkWithin(tensor, dataOffset, file.byteSize()));
    return new GgufHeader(version, metadata, Collections.unmodifiableMap(tensors), dataOffset);
  }

  private static int readVersion(GgufCursor cursor) {
    int magic = cursor.readInt("magic");
    if (magic != MAGIC) {
      throw new ModelFormatException(
          "not a GGUF file: it begins with bytes "
              + String.format("%08x", Integer.reverseBytes(magic))
              + " instead of 47475546");
    }
    int version = cursor.readInt("version");
    if (Integer.reverseBytes(version) == 2 || Integer.reverseBytes(version) == 3) {
      throw new ModelFormatException("big-endian GGUF is not supported; convert the model again");
    }
    if (version != 2 && version != 3) {
      throw new ModelFormatException(
          "GGUF version "
              + Integer.toUnsignedString(version)
              + " is not supported, only 2 and 3; convert the model again");
    }
    return version;
  }

  private static Map<String, GgufMetadata.Entry> readEntries(GgufCursor cursor, int count) {
    Map<String, GgufMetadata.Entry> entries = new LinkedHashMap<>();
    long namesBytes = 0;
    for (int i = 0; i < count; i++) {
      String key = cursor.readString("metadata key " + i, MOST_NAME_BYTES);
      namesBytes += key.length();
      atMost("length of all metadata keys", namesBytes, MOST_NAMES_BYTES);
      if (entries.put(key, readEntry(cursor, key)) != null) {
        throw new ModelFormatException("metadata key " + key + " appears twice");
      }
    }
    return entries;
  }

  private static GgufMetadata.Entry readEntry(GgufCursor cursor, String key) {
    GgufType type = GgufType.of(cursor.readInt(key), key);
    long start = cursor.position();
    cursor.skipValue(type, key, 0);
    if (type != GgufType.ARRAY) {
      return new GgufMetadata.Entry(type, false, 1, start);
    }
    GgufCursor array = cursor.at(start);
    GgufType elementType = GgufType.of(array.readInt(key), key);
    long elements = array.readLength(key);
    return new GgufMetadata.Entry(elementType, true, elements, array.position());
  }

  private static long alignment(GgufMetadata metadata) {
    long alignment = metadata.integer(ALIGNMENT_KEY).orElse(DEFAULT_ALIGNMENT);
    if (alignment < 1 || alignment > MOST_ALIGNMENT || Long.bitCount(alignment) != 1) {
      throw new ModelFormatException(
          ALIGNMENT_KEY
              + " is "
              + alignment
              + "; it must be a power of two of at most "
              + MOST_ALIGNMENT);
    }
    return alignment;
  }

  private static Map<String, GgufTensor> readTensors(GgufCursor cursor, int count, long alignment) {
    Map<String, GgufTensor> tensors = new LinkedHashMap<>();
    long namesBytes = 0;
    for (int i = 0; i < count; i++) {
      String name = cursor.readString("name of tensor " + i, MOST_NAME_BYTES);
      namesBytes += name.length();
      atMost("length of all tensor names", namesBytes, MOST_NAMES_BYTES);
      if (tensors.put(name, readTensor(cursor, name, alignment)) != null) {
        throw new ModelFormatException("tensor " + name + " appears twice");
      }
    }
    return tensors;
  }

  private static GgufTensor readTensor(GgufCursor cursor, String name, long alignment) {
    String what = "tensor " + name;
    int dimensions = cursor.readInt("dimension count of " + what);
    if (dimensions < 1 || dimensions > MOST_DIMENSIONS) {
      throw new ModelFormatException(
          what
              + " has "
              + Integer.toUnsignedString(dimensions)
              + " dimensions; 1 to "
              + MOST_DIMENSIONS
              + " are allowed");
    }
    List<Long> shape = new ArrayList<>();
    for (int d = 0; d < dimensions; d++) {
      long size = cursor.readLength("size " + d + " of " + what);
      if (size == 0) {
        throw new ModelFormatException(what + " has size 0 in dimension " + d);
      }
      shape.addFirst(size);
    }
    int type = cursor.readInt("type of " + what);
    long offset = cursor.readLength("offset of " + what);
    if (offset % alignment != 0) {
      throw new ModelFormatException(
          what + " begins at offset " + offset + ", no multiple of the alignment " + alignment);
    }
    return new GgufTensor(name, type, shape, offset);
  }

  /** Tensors of unsupported types have no known size; they are refused when they are used. */
  private static void checkWithin(GgufTensor tensor, long dataOffset, long fileBytes) {
    long most = fileBytes - dataOffset - tensor.offset();
    if (most < 0 || (tensor.supported() && tensor.bytes() > most)) {
      throw new ModelFormatException(
          "tensor "
              + tensor.name()
              + " ("
              + tensor.typeName()
              + " "
              + tensor.shape()
              + ") at data offset "
              + tensor.offset()
              + " reaches beyond the end of the file ("
              + fileBytes
              + " bytes): the file is cut short or damaged; download it again");
    }
  }

  private static void atMost(String what, long value, long most) {
    if (value > most) {
      throw new ModelFormatException(
          what + " is " + value + ", at most " + most + " is possible here; the file is damaged");
    }
  }
}
