package io.adaspec.api.cli;

import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * An amount of memory.
 *
 * @param bytes not negative
 */
record ByteSize(long bytes) {
  static final ByteSize ZERO = new ByteSize(0);

  private static final Pattern FORM = Pattern.compile("([0-9]{1,15})(KiB|MiB|GiB|)");
  private static final Map<String, Integer> SHIFTS = Map.of("", 0, "KiB", 10, "MiB", 20, "GiB", 30);

  /** Reads {@code 512MiB}, {@code 4GiB} or plain bytes. */
  static final class Converter implements ITypeConverter<ByteSize> {
    Converter() {}

    @Override
    public ByteSize convert(String value) {
      Matcher matcher = FORM.matcher(value);
      if (!matcher.matches()) {
        throw new TypeConversionException(
            "'" + value + "' is no amount of memory; write it like 512MiB or 4GiB");
      }
      long number = Long.parseLong(matcher.group(1));
      int shift = SHIFTS.getOrDefault(matcher.group(2), 0);
      if (number > Long.MAX_VALUE >> shift) {
        throw new TypeConversionException("'" + value + "' is more than any machine has");
      }
      return new ByteSize(number << shift);
    }
  }
}
