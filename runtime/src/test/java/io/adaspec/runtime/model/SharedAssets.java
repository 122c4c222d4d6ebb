package io.adaspec.runtime.model;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;

/** Real models and vectors that a test may use: those of the repository and those beside it. */
public final class SharedAssets {
  private static final Path ROOT = Path.of(System.getProperty("adaspec.root", "."));

  private SharedAssets() {}

  /** A file or folder below {@code ../shared/assets}; skips the test where it is absent. */
  public static Path require(String name) {
    Path path = ROOT.resolve("../shared/assets").resolve(name);
    assumeTrue(Files.exists(path), () -> path + " is not present");
    return path;
  }

  /** A file or folder below {@code config}, which the repository has. */
  public static Path bundled(String name) {
    return ROOT.resolve("config").resolve(name);
  }
}
