package io.adaspec.api.cli;

import io.adaspec.runtime.request.TokenIds;
import io.adaspec.runtime.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Prompts of a given length, each different from all others: pieces of a text, or random tokens
 * where there is none. Not thread-safe.
 */
final class BenchPrompts {
  private static final long SEED = 20;

  private final SplittableRandom random = new SplittableRandom(SEED);
  private final int length;
  private final int[] tokens;
  private final boolean isText;

  private BenchPrompts(int length, int[] tokens, boolean isText) {
    this.length = length;
    this.tokens = tokens;
    this.isText = isText;
  }

  /**
   * Prompts for a model.
   *
   * @param length tokens of each
   * @param text the file to cut them from
   * @throws CommandFailure if it cannot be read or is too short
   */
  static BenchPrompts of(Tokenizer tokenizer, int length, Optional<Path> text) {
    if (text.isEmpty()) {
      int[] ordinary =
          IntStream.range(0, tokenizer.vocabularySize())
              .filter(id -> !tokenizer.isSpecial(id) && !tokenizer.eosIds().contains(id))
              .toArray();
      return new BenchPrompts(length, ordinary, false);
    }
    try {
      int[] tokens = tokenizer.encode(Files.readString(text.get()), false, false);
      if (tokens.length < 2 * length) {
        throw new CommandFailure(
            "--prompt-file: "
                + text.get()
                + " has "
                + tokens.length
                + " tokens; prompts of "
                + length
                + " need at least "
                + 2 * length);
      }
      return new BenchPrompts(length, tokens, true);
    } catch (IOException e) {
      throw new CommandFailure("cannot read " + text.get() + ": " + e.getMessage(), e);
    }
  }

  TokenIds next() {
    if (isText) {
      int start = random.nextInt(tokens.length - length + 1);
      return TokenIds.of(Arrays.copyOfRange(tokens, start, start + length));
    }
    return TokenIds.of(
        IntStream.range(0, length).map(i -> tokens[random.nextInt(tokens.length)]).toArray());
  }
}
