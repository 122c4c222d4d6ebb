package io.adaspec.api.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The small model pair that comes with the distribution, where it is.
 *
 * @param folder where it lies, if this process runs from a distribution
 */
record BundledModels(Optional<Path> folder) {
  /** What clients call it. */
  static final String NAME = "storyteller";

  private static final String TARGET = "storyteller-target-q8_0.gguf";
  private static final String DRAFT = "storyteller-draft-q8_0.gguf";

  /** The pair of the distribution that the launcher named in {@code adaspec.home}. */
  static BundledModels ofThisDistribution() {
    return new BundledModels(
        Optional.ofNullable(System.getProperty("adaspec.home"))
            .map(home -> Path.of(home, "config", "models", "storyteller")));
  }

  Optional<Path> target() {
    return file(TARGET);
  }

  Optional<Path> draft() {
    return file(DRAFT);
  }

  private Optional<Path> file(String name) {
    return folder.map(path -> path.resolve(name)).filter(Files::isRegularFile);
  }
}
