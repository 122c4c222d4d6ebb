package io.adaspec.runtime.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.adaspec.runtime.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The bundled vocabulary by the project's encoder (GGUF) and by the tokenizers library (JSON). */
final class TokenizerFormsTest {
  private static final String[] PIECES = {
    "the ",
    "Once upon",
    " a",
    "time",
    "\n",
    "\n\n",
    "  ",
    "\t",
    "'s",
    "'LL",
    "don't",
    "1",
    "2026",
    "\u00b2",
    "\u0416\u0443\u043a",
    "\u00e9t\u00e9",
    "\u4e2d\u6587",
    "\ud83e\ude9c",
    "\u200d",
    "\u00a0",
    "\u2028",
    "-",
    "...",
    "!?",
    "\"",
    "<|endoftext|>",
    "\u0301",
    "\u0e01\u0e33",
    "\u0000",
    "\r\n",
    "_",
    "\ufffd",
    "x"
  };

  @TempDir Path folder;

  @Test
  void bothFormsGiveTheSameIds() throws IOException {
    Path bundled = SharedAssets.bundled("models/storyteller/storyteller-draft-q8_0.gguf");
    Files.copy(bundled.resolveSibling("tokenizer.json"), folder.resolve("tokenizer.json"));
    Tokenizer own = ModelFiles.openText(bundled).tokenizer();
    Tokenizer library = ModelFiles.openText(folder).tokenizer();
    SplittableRandom random = new SplittableRandom(17);
    for (int round = 0; round < 3000; round++) {
      StringBuilder text = new StringBuilder();
      for (int piece = random.nextInt(12); piece >= 0; piece--) {
        text.append(PIECES[random.nextInt(PIECES.length)]);
      }
      for (boolean parseSpecial : new boolean[] {true, false}) {
        int[] ids = own.encode(text.toString(), false, parseSpecial);
        assertThat(library.encode(text.toString(), false, parseSpecial))
            .as("%s, special tokens %s", text, parseSpecial)
            .containsExactly(ids);
        if (!parseSpecial) {
          assertThat(own.decode(ids)).isEqualTo(text.toString());
          assertThat(library.decode(ids)).isEqualTo(text.toString());
        }
      }
    }
  }
}
