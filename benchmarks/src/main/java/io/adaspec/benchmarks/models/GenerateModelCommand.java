package io.adaspec.benchmarks.models;

import io.adaspec.runtime.tensor.WeightFormat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code models}: generates model pairs. */
@Command(
    name = "models",
    mixinStandardHelpOptions = true,
    description = "Write model pairs of realistic shape with random weights.")
public final class GenerateModelCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--shape",
      split = ",",
      defaultValue = "110m",
      description = "15m, 110m, 1.1b, qwen3-0.6b; several with commas. Default: ${DEFAULT-VALUE}.")
  private List<String> shapes = List.of();

  @Option(
      names = "--format",
      split = ",",
      defaultValue = "Q8_0",
      description = "${COMPLETION-CANDIDATES}; several with commas. Default: ${DEFAULT-VALUE}.")
  private List<WeightFormat> formats = List.of();

  @Option(
      names = "--directory",
      defaultValue = "benchmarks/target/models",
      description = "Where to write; files that are there stay. Default: ${DEFAULT-VALUE}.")
  private Path directory = Path.of(".");

  @Option(
      names = "--residual-factor",
      description = "Scale of the layers that the draft does not have; default: tuned by shape.")
  private @Nullable Float residualFactor;

  public GenerateModelCommand() {}

  @Override
  public Integer call() throws IOException {
    Files.createDirectories(directory);
    for (String label : shapes) {
      ModelShape shape = ModelShape.of(label);
      for (WeightFormat format : formats) {
        float factor = Optional.ofNullable(residualFactor).orElse(shape.residualFactor);
        ModelGenerator generator = new ModelGenerator(shape, format, factor, 42);
        write(directory.resolve(generator.targetName()), generator::writeTarget);
        write(directory.resolve(generator.draftName()), generator::writeDraft);
      }
    }
    return 0;
  }

  /** Writes a model. */
  @FunctionalInterface
  private interface ModelWriter {
    void write(Path file) throws IOException;
  }

  private void write(Path file, ModelWriter writer) throws IOException {
    if (Files.exists(file)) {
      spec.commandLine().getOut().println(file + " is there already");
      return;
    }
    Path unfinished = file.resolveSibling(file.getFileName() + ".part");
    writer.write(unfinished);
    Files.move(unfinished, file);
    long mebibytes = Files.size(file) >> 20;
    spec.commandLine().getOut().println(file + ": " + mebibytes + " MiB");
  }
}
