package io.adaspec.gpu.cublas;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Where cuBLASLt may lie on a Linux machine, the newest version first: what the loader finds by
 * name (LD_LIBRARY_PATH, the system's libraries), CUDA toolkits, Debian's folder, and what pip and
 * conda install.
 *
 * @param root of the file system
 * @param environment variables of the process
 */
record LibrarySearch(Path root, Map<String, String> environment) {
  /** By soname; versions 11 to 13 have the functions that are called. */
  static final List<String> NAMES =
      List.of("libcublasLt.so.13", "libcublasLt.so.12", "libcublasLt.so.11");

  private static final List<String> TOOLKITS = List.of("lib64", "targets/x86_64-linux/lib");
  private static final List<String> PACKAGES = List.of("site-packages", "dist-packages");
  private static final List<String> WHEELS = List.of("nvidia/cublas/lib", "nvidia/cu13/lib");

  LibrarySearch {
    environment = Map.copyOf(environment);
  }

  /** This machine. */
  static LibrarySearch ofMachine() {
    return new LibrarySearch(Path.of("/"), System.getenv());
  }

  /**
   * What to give to the loader, in this order: a bare name, or the path of a file that is there.
   */
  List<String> candidates() {
    List<Path> folders = folders();
    List<String> candidates = new ArrayList<>();
    for (String name : NAMES) {
      candidates.add(name);
      for (Path folder : folders) {
        if (Files.exists(folder.resolve(name))) {
          candidates.add(folder.resolve(name).toString());
        }
      }
    }
    return candidates;
  }

  private List<Path> folders() {
    List<Path> folders = new ArrayList<>();
    List<Path> toolkits = new ArrayList<>();
    variable("CUDA_HOME").ifPresent(toolkits::add);
    variable("CUDA_PATH").ifPresent(toolkits::add);
    toolkits.addAll(matching(root.resolve("usr/local"), "cuda*"));
    for (Path toolkit : toolkits) {
      TOOLKITS.forEach(each -> folders.add(toolkit.resolve(each)));
    }
    folders.add(root.resolve("usr/lib/x86_64-linux-gnu"));
    variable("CONDA_PREFIX").ifPresent(prefix -> folders.add(prefix.resolve("lib")));
    for (Path prefix : pythonPrefixes()) {
      for (Path python : matching(prefix.resolve("lib"), "python3*")) {
        for (String packages : PACKAGES) {
          WHEELS.forEach(wheel -> folders.add(python.resolve(packages).resolve(wheel)));
        }
      }
    }
    return folders;
  }

  private List<Path> pythonPrefixes() {
    List<Path> prefixes = new ArrayList<>();
    variable("VIRTUAL_ENV").ifPresent(prefixes::add);
    variable("CONDA_PREFIX").ifPresent(prefixes::add);
    variable("HOME").ifPresent(home -> prefixes.add(home.resolve(".local")));
    prefixes.add(root.resolve("usr/local"));
    prefixes.add(root.resolve("usr"));
    prefixes.add(root.resolve("opt/conda"));
    return prefixes;
  }

  private Optional<Path> variable(String name) {
    return Optional.ofNullable(environment.get(name))
        .filter(value -> !value.isBlank())
        .map(Path::of);
  }

  /** Entries of a folder by name, the last first; none where it cannot be read. */
  private static List<Path> matching(Path folder, String glob) {
    List<Path> found = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder, glob)) {
      entries.forEach(found::add);
    } catch (IOException e) {
      return List.of();
    }
    found.sort(Comparator.<Path>naturalOrder().reversed());
    return found;
  }
}
