package io.adaspec.benchmarks.pair;

import io.adaspec.runtime.request.TokenIds;
import io.adaspec.runtime.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/** Prompts of equal length from evenly spread places of a text. */
public final class ValidationPrompts {
  private static final Pattern SEPARATOR = Pattern.compile("<\\|endoftext\\|>");

  private ValidationPrompts() {}

  /**
   * Cuts prompts out of a text.
   *
   * @param text a file whose documents are separated by {@code <|endoftext|>}
   * @return {@code count} prompts of {@code tokens} tokens, each within one document
   * @throws IllegalArgumentException if the text is too short
   */
  public static List<TokenIds> of(Path text, Tokenizer tokenizer, int count, int tokens)
      throws IOException {
    List<int[]> stretches = new ArrayList<>();
    for (String document : SEPARATOR.split(Files.readString(text), -1)) {
      int[] ids = tokenizer.encode(document.strip(), false, false);
      for (int start = 0; start + tokens <= ids.length; start += tokens) {
        stretches.add(Arrays.copyOfRange(ids, start, start + tokens));
      }
    }
    if (stretches.size() < count) {
      throw new IllegalArgumentException(
          text + " holds " + stretches.size() + " prompts of " + tokens + " tokens, not " + count);
    }
    return IntStream.range(0, count)
        .mapToObj(i -> TokenIds.of(stretches.get((int) ((long) i * stretches.size() / count))))
        .toList();
  }
}
