package io.adaspec.benchmarks.pair;

import de.kherud.llama.InferenceParameters;
import de.kherud.llama.LlamaModel;
import de.kherud.llama.LlamaOutput;
import de.kherud.llama.ModelParameters;
import de.kherud.llama.args.CacheType;
import de.kherud.llama.args.LogFormat;
import io.adaspec.runtime.model.LoadedModel;
import io.adaspec.runtime.model.ModelFiles;
import io.adaspec.runtime.text.StreamingDecoder;
import io.adaspec.runtime.text.Tokenizer;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * {@code peer-text}: greedy text of a GGUF file from AdaSpec and from java-llama.cpp.
 *
 * <p>Both round differently (java-llama.cpp rounds activations to 8 bits before it multiplies them
 * with 8-bit weights), so texts may part where two tokens are almost equally likely. A text passes
 * if it is the same, or if AdaSpec's logits of the two tokens at the first difference are within
 * the tolerance.
 */
@Command(
    name = "peer-text",
    mixinStandardHelpOptions = true,
    description = "Compare greedy text of a GGUF file with java-llama.cpp's.",
    exitCodeOnExecutionException = 1)
public final class PeerTextCommand implements Callable<Integer> {
  private static final List<String> PROMPTS =
      List.of(
          "Once upon a time there was",
          "The old ship came into the harbour",
          "\"I am very glad to see you,\" said",
          "In the middle of the forest",
          "It was a cold morning, and");

  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "FILE", description = "GGUF files.")
  private List<Path> files = List.of();

  @Option(
      names = "--output-tokens",
      defaultValue = "64",
      description = "Tokens after each prompt. Default: ${DEFAULT-VALUE}.")
  private int outputTokens;

  @Option(
      names = "--tolerance",
      defaultValue = "0.1",
      description = "Most logits between the two tokens where texts part. Default: 0.1.")
  private float tolerance;

  public PeerTextCommand() {}

  @Override
  public Integer call() throws IOException {
    LlamaModel.setLogger(LogFormat.TEXT, (level, message) -> {});
    int failures = 0;
    for (Path file : files) {
      failures += compare(file);
    }
    return failures == 0 ? 0 : 1;
  }

  private int compare(Path file) throws IOException {
    ModelParameters parameters =
        new ModelParameters()
            .setModel(file.toString())
            .setCtxSize(512)
            .setCacheTypeK(CacheType.F32)
            .setCacheTypeV(CacheType.F32)
            .setGpuLayers(0)
            .disableLog();
    int failures = 0;
    int same = 0;
    try (LoadedModel model = ModelFiles.open(file);
        GreedyText own = new GreedyText(model);
        LlamaModel peer = new LlamaModel(parameters)) {
      for (String prompt : PROMPTS) {
        int[] ids = model.tokenizer().encode(prompt, true, false);
        List<String> theirs = peerPieces(peer, prompt);
        String difference =
            difference(model.tokenizer(), ids, own.after(ids, outputTokens), theirs);
        same += difference.isEmpty() ? 1 : 0;
        failures += difference.startsWith("FAIL") ? 1 : 0;
        print("%s, \"%s\": %s", file, prompt, difference.isEmpty() ? "the same" : difference);
      }
    }
    print("%s: %d of %d texts are the same", file.getFileName(), same, PROMPTS.size());
    return failures;
  }

  private List<String> peerPieces(LlamaModel peer, String prompt) {
    List<String> pieces = new ArrayList<>();
    InferenceParameters parameters =
        new InferenceParameters(prompt)
            .setNPredict(outputTokens)
            .setTemperature(0)
            .setIgnoreEos(true)
            .setCachePrompt(false);
    for (LlamaOutput output : peer.generate(parameters)) {
      pieces.add(output.text);
    }
    return pieces;
  }

  /** Where the texts part; empty if they do not. */
  private String difference(
      Tokenizer tokenizer, int[] prompt, List<GreedyText.Position> ours, List<String> theirs) {
    String whole = String.join("", theirs);
    StreamingDecoder decoder = tokenizer.streamingDecoder(prompt);
    int at = 0;
    for (int i = 0; i < ours.size(); i++) {
      GreedyText.Position position = ours.get(i);
      String piece = decoder.push(position.token());
      if (!whole.startsWith(piece, at)) {
        if (at >= whole.length()) {
          return "";
        }
        return described(tokenizer, i, position, whole.substring(at));
      }
      at += piece.length();
    }
    return "";
  }

  private String described(
      Tokenizer tokenizer, int index, GreedyText.Position position, String rest) {
    int other = mostLikelyBeginning(tokenizer, position.logits(), rest);
    if (other < 0) {
      return "FAIL at token " + index + ": no token begins \"" + rest + "\"";
    }
    float gap = position.logits()[position.token()] - position.logits()[other];
    return String.format(
        Locale.ROOT,
        "%s at token %d: \"%s\" (logit %.4f) here, \"%s\" (logit %.4f) there, %.4f apart",
        gap <= tolerance ? "near tie" : "FAIL",
        index,
        tokenizer.tokenName(position.token()),
        position.logits()[position.token()],
        tokenizer.tokenName(other),
        position.logits()[other],
        gap);
  }

  /** The token that the other program took: of those that begin its text, the most likely. */
  private static int mostLikelyBeginning(Tokenizer tokenizer, float[] logits, String rest) {
    byte[] text = rest.getBytes(StandardCharsets.UTF_8);
    int best = -1;
    for (int id = 0; id < Math.min(logits.length, tokenizer.vocabularySize()); id++) {
      byte[] bytes = tokenizer.tokenBytes(id);
      boolean begins =
          bytes.length > 0
              && bytes.length <= text.length
              && Arrays.equals(bytes, 0, bytes.length, text, 0, bytes.length);
      if (begins && (best < 0 || logits[id] > logits[best])) {
        best = id;
      }
    }
    return best;
  }

  private void print(String format, Object... values) {
    PrintWriter out = spec.commandLine().getOut();
    out.printf(Locale.ROOT, format + "%n", values);
    out.flush();
  }
}
