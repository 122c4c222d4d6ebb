package io.adaspec.runtime.text;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Says where the tokenizers library unpacks its native part, and that it must not download:
 * settings of the process that the library reads from system properties. What the user has set
 * stays.
 */
final class NativeLibraryFolder {
  private static final String FOLDER = "DJL_CACHE_DIR";
  private static final String OFFLINE = "ai.djl.offline";

  private NativeLibraryFolder() {}

  static synchronized void prepare() {
    if (System.getProperty(OFFLINE) == null) {
      System.setProperty(OFFLINE, "true");
    }
    if (System.getProperty(FOLDER) == null && System.getenv(FOLDER) == null) {
      System.setProperty(FOLDER, folder().toString());
    }
  }

  /** The user's own cache; where that cannot be written, a private folder of this process. */
  private static Path folder() {
    Path cache = Path.of(System.getProperty("user.home", "."), ".cache", "adaspec", "djl");
    try {
      Files.createDirectories(cache);
      if (Files.isWritable(cache)) {
        return cache;
      }
    } catch (IOException e) {
      // no home folder, as in some containers: the next way serves as well
    }
    try {
      return Files.createTempDirectory("adaspec-djl");
    } catch (IOException e) {
      throw new UncheckedIOException("no folder for the tokenizers library can be made", e);
    }
  }
}
