package io.adaspec.runtime.model;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;

/** Real models and vectors beside the repository, which a test may use where they are present. */
public final class SharedAssets {
  private SharedAssets() {}

  /** A file or folder below {@code ../shared/assets}; skips the test where it is absent. */
  public static Path require(String name) {
    Path path =
        Path.of(System.getProperty("adaspec.root", ".")).resolve("../shared/assets").resolve(name);
    assumeTrue(Files.exists(path), () -> path + " is not present");
    return path;
  }
}
