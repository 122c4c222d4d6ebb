package io.adaspec.api.cli;

import io.adaspec.runtime.device.cpu.CpuDeviceProvider;
import io.adaspec.runtime.model.GgufFile;
import io.adaspec.runtime.model.ModelFiles;
import io.adaspec.runtime.model.ModelWeights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code adaspec inspect}: what a model file is and what serving it takes. */
@Command(
    name = "inspect",
    description = "Show a model's architecture, shapes, types and memory plan.",
    mixinStandardHelpOptions = true,
    versionProvider = VersionProvider.class)
final class InspectCommand implements Runnable {
  private static final int BLOCK_TOKENS = 16;

  @Mixin private final ModelOptions models = new ModelOptions();
  @Mixin private final OutputOptions output = new OutputOptions();

  InspectCommand() {}

  @Override
  public void run() {
    Path path = models.target();
    Map<String, Object> report = new LinkedHashMap<>();
    report.put("model", path.toString());
    try {
      if (!isVocabularyOnly(path)) {
        addWeights(path, report);
      }
      report.put("tokenizer", ModelReport.text(ModelFiles.openText(path)));
    } catch (IOException e) {
      throw CommandFailure.unreadable(path, e);
    }
    if (output.json()) {
      output.printJson(report);
    } else {
      print("", report);
    }
  }

  private static boolean isVocabularyOnly(Path path) throws IOException {
    if (!Files.isRegularFile(path)) {
      return false;
    }
    try (GgufFile file = GgufFile.open(path)) {
      return file.tensors().isEmpty();
    }
  }

  private static void addWeights(Path path, Map<String, Object> report) throws IOException {
    try (ModelWeights model = ModelFiles.openWeights(path)) {
      report.put("name", model.config().name());
      report.put("architecture", model.config().architecture());
      report.put("shape", ModelReport.shape(model.config()));
      report.put("weights", ModelReport.weights(model.weights()));
      report.put("memory", ModelReport.memory(CpuDeviceProvider.memoryPlan(model, BLOCK_TOKENS)));
    }
  }

  private void print(String indent, Map<?, ?> object) {
    object.forEach(
        (key, value) -> {
          String label = indent + label(String.valueOf(key));
          if (value instanceof Map<?, ?> nested) {
            output.out().println(label);
            print(indent + "  ", nested);
          } else {
            output.out().println(String.format("%-20s %s", label, value));
          }
        });
  }

  /** Keys of ours are lower case with underscores; names of formats stay as they are. */
  private static String label(String key) {
    return key.equals(key.toLowerCase(Locale.ROOT)) ? key.replace('_', ' ') : key;
  }
}
