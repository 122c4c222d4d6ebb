package io.adaspec.runtime.model;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The key/value part of a GGUF file, with typed access.
 *
 * <p>Values stay in the mapped file until they are asked for, so a file with huge arrays costs
 * nothing unless they are used, and what is read onto the heap is bounded ({@value #MOST_ELEMENTS}
 * elements, {@value #MOST_TEXT_BYTES} bytes of text).
 */
public final class GgufMetadata {
  static final int MOST_ELEMENTS = 1 << 21;
  static final int MOST_TEXT_BYTES = 64 << 20;

  /** Where a value lies; for arrays {@code count} elements of {@code type} from {@code offset}. */
  record Entry(GgufType type, boolean array, long count, long offset) {
    String describe() {
      return array ? "array of " + count + " " + type : type.toString();
    }
  }

  private final MemorySegment file;
  private final Map<String, Entry> entries;

  GgufMetadata(MemorySegment file, Map<String, Entry> entries) {
    this.file = file;
    this.entries = entries;
  }

  /** All keys, sorted. */
  public Set<String> keys() {
    return new TreeSet<>(entries.keySet());
  }

  /** Whether there is a value of that key, of whatever type. */
  public boolean has(String key) {
    return entries.containsKey(key);
  }

  /** A whole number; unsigned 64-bit values beyond 2^63 - 1 are refused. */
  public OptionalLong integer(String key) {
    Entry entry = entries.get(key);
    if (entry == null) {
      return OptionalLong.empty();
    }
    if (entry.array || !entry.type.integral()) {
      throw wrongType(key, entry, "a whole number");
    }
    return OptionalLong.of(integerAt(key, entry.type, entry.offset));
  }

  /** A number, whole or not. */
  public OptionalDouble number(String key) {
    Entry entry = entries.get(key);
    if (entry == null) {
      return OptionalDouble.empty();
    }
    if (entry.array) {
      throw wrongType(key, entry, "a number");
    }
    return OptionalDouble.of(
        switch (entry.type) {
          case FLOAT32 -> file.get(GgufCursor.FLOAT, entry.offset);
          case FLOAT64 -> file.get(GgufCursor.DOUBLE, entry.offset);
          case BOOL, STRING, ARRAY -> throw wrongType(key, entry, "a number");
          case UINT8, INT8, UINT16, INT16, UINT32, INT32, UINT64, INT64 ->
              integerAt(key, entry.type, entry.offset);
        });
  }

  /** A truth value. */
  public Optional<Boolean> flag(String key) {
    Entry entry = entries.get(key);
    if (entry == null) {
      return Optional.empty();
    }
    if (entry.array || entry.type != GgufType.BOOL) {
      throw wrongType(key, entry, "BOOL");
    }
    return Optional.of(file.get(ValueLayout.JAVA_BYTE, entry.offset) != 0);
  }

  /** A text. */
  public Optional<String> text(String key) {
    Entry entry = entries.get(key);
    if (entry == null) {
      return Optional.empty();
    }
    if (entry.array || entry.type != GgufType.STRING) {
      throw wrongType(key, entry, "STRING");
    }
    return Optional.of(new GgufCursor(file, entry.offset).readString(key, MOST_TEXT_BYTES));
  }

  /** An array of texts. */
  public Optional<String[]> texts(String key) {
    Entry entry = arrayEntry(key, GgufType.STRING);
    if (entry == null) {
      return Optional.empty();
    }
    String[] texts = new String[(int) entry.count];
    GgufCursor cursor = new GgufCursor(file, entry.offset);
    long end = entry.offset + 8 * entry.count + MOST_TEXT_BYTES;
    for (int i = 0; i < texts.length; i++) {
      texts[i] = cursor.readString(key, MOST_TEXT_BYTES);
      if (cursor.position() > end) {
        throw new ModelFormatException(
            key + " holds more than " + MOST_TEXT_BYTES + " bytes of text; the file is damaged");
      }
    }
    return Optional.of(texts);
  }

  /** An array of single-precision numbers. */
  public Optional<float[]> floats(String key) {
    Entry entry = arrayEntry(key, GgufType.FLOAT32);
    if (entry == null) {
      return Optional.empty();
    }
    float[] values = new float[(int) entry.count];
    MemorySegment.copy(file, GgufCursor.FLOAT, entry.offset, values, 0, values.length);
    return Optional.of(values);
  }

  /** An array of 32-bit whole numbers, signed or not. */
  public Optional<int[]> integers(String key) {
    Entry entry = arrayEntry(key, GgufType.INT32, GgufType.UINT32);
    if (entry == null) {
      return Optional.empty();
    }
    int[] values = new int[(int) entry.count];
    MemorySegment.copy(file, GgufCursor.INT, entry.offset, values, 0, values.length);
    return Optional.of(values);
  }

  private @Nullable Entry arrayEntry(String key, GgufType... types) {
    Entry entry = entries.get(key);
    if (entry == null) {
      return null;
    }
    if (!entry.array || !Arrays.asList(types).contains(entry.type)) {
      throw wrongType(key, entry, "an array of " + types[0]);
    }
    if (entry.count > MOST_ELEMENTS) {
      throw new ModelFormatException(
          key + " has " + entry.count + " elements; at most " + MOST_ELEMENTS + " are accepted");
    }
    return entry;
  }

  private long integerAt(String key, GgufType type, long offset) {
    return switch (type) {
      case UINT8 -> Byte.toUnsignedLong(file.get(ValueLayout.JAVA_BYTE, offset));
      case INT8 -> file.get(ValueLayout.JAVA_BYTE, offset);
      case UINT16 -> Short.toUnsignedLong(file.get(GgufCursor.SHORT, offset));
      case INT16 -> file.get(GgufCursor.SHORT, offset);
      case UINT32 -> Integer.toUnsignedLong(file.get(GgufCursor.INT, offset));
      case INT32 -> file.get(GgufCursor.INT, offset);
      case INT64 -> file.get(GgufCursor.LONG, offset);
      case UINT64 -> new GgufCursor(file, offset).readLength(key);
      case FLOAT32, FLOAT64, BOOL, STRING, ARRAY ->
          throw new IllegalStateException(type + " is no whole number");
    };
  }

  private static ModelFormatException wrongType(String key, Entry entry, String wanted) {
    return new ModelFormatException(
        key + " is " + entry.describe() + ", not " + wanted + "; convert the model again");
  }
}
