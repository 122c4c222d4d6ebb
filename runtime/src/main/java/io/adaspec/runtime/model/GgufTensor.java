package io.adaspec.runtime.model;

import io.adaspec.runtime.tensor.WeightFormat;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A tensor's entry in a GGUF file.
 *
 * @param name as in the file
 * @param type the tensor type's number, supported or not
 * @param shape sizes, slowest dimension first (the file has them the other way round)
 * @param offset bytes from the beginning of the file's data part
 */
public record GgufTensor(String name, int type, List<Long> shape, long offset) {
  /** Names of the tensor types of the GGUF specification, for messages; gaps are removed types. */
  private static final List<String> TYPE_NAMES =
      List.of(
          "F32", "F16", "Q4_0", "Q4_1", "4", "5", "Q5_0", "Q5_1", "Q8_0", "Q8_1", "Q2_K", "Q3_K",
          "Q4_K", "Q5_K", "Q6_K", "Q8_K", "IQ2_XXS", "IQ2_XS", "IQ3_XXS", "IQ1_S", "IQ4_NL",
          "IQ3_S", "IQ2_S", "IQ4_XS", "I8", "I16", "I32", "I64", "F64", "IQ1_M", "BF16", "31", "32",
          "33", "TQ1_0", "TQ2_0", "36", "37", "38", "MXFP4");

  public GgufTensor {
    shape = List.copyOf(shape);
  }

  /** The type's name, for people. */
  public String typeName() {
    return type >= 0 && type < TYPE_NAMES.size()
        ? TYPE_NAMES.get(type)
        : Integer.toUnsignedString(type);
  }

  /** Whether this engine can read the tensor's type. */
  boolean supported() {
    return WeightFormat.ofGgufType(type).isPresent();
  }

  /**
   * The format of the tensor's elements.
   *
   * @throws ModelFormatException if this engine cannot read it
   */
  public WeightFormat format() {
    return WeightFormat.ofGgufType(type)
        .orElseThrow(
            () ->
                new ModelFormatException(
                    "tensor "
                        + name
                        + " has type "
                        + typeName()
                        + "; supported are "
                        + Arrays.stream(WeightFormat.values())
                            .map(Enum::name)
                            .collect(Collectors.joining(", "))
                        + ": quantize the model to one of these"));
  }

  /** Bytes of the tensor's data; exact. */
  long bytes() {
    WeightFormat format = format();
    try {
      long rows = 1;
      for (long size : shape.subList(0, shape.size() - 1)) {
        rows = Math.multiplyExact(rows, size);
      }
      return Math.multiplyExact(rows, format.bytesOf(shape.getLast()));
    } catch (ArithmeticException e) {
      throw new ModelFormatException(
          "tensor " + name + " of shape " + shape + " is larger than any file", e);
    } catch (IllegalArgumentException e) {
      throw new ModelFormatException("tensor " + name + ": " + e.getMessage(), e);
    }
  }
}
