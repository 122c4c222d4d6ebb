package io.adaspec.benchmarks.paper;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import java.util.Set;

/**
 * Finished cells in a folder, a file each, so that a grid that was interrupted goes on where it
 * was. It does not know the code that made them: a folder belongs to one version of the runtime.
 * Safe for use by several threads.
 *
 * @param folder where they lie; empty to keep none
 */
record CellStore(Optional<Path> folder) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** A finished cell of that place with results of all these strategies. */
  Optional<Cell> load(Cell place, Set<String> strategies) {
    Optional<Path> file = folder.map(each -> each.resolve(fileName(place)));
    if (file.isEmpty() || !Files.isReadable(file.get())) {
      return Optional.empty();
    }
    try {
      Cell cell = JSON.readValue(file.get().toFile(), Cell.class);
      return Optional.of(cell).filter(c -> c.results().keySet().equals(strategies));
    } catch (IOException e) {
      throw new UncheckedIOException(
          file.get() + " is no finished cell (" + e.getMessage() + "); delete it", e);
    }
  }

  /** Keeps a cell; the file is whole or not there. */
  void save(Cell cell) {
    if (folder.isEmpty()) {
      return;
    }
    try {
      Files.createDirectories(folder.get());
      Path file = folder.get().resolve(fileName(cell));
      Path unfinished = file.resolveSibling(fileName(cell) + ".part");
      JSON.writeValue(unfinished.toFile(), cell);
      Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot keep a finished cell in " + folder.get(), e);
    }
  }

  private static String fileName(Cell cell) {
    return cell.pair() + "_" + cell.traffic() + "_" + cell.load() + "_" + cell.sloScale() + ".json";
  }
}
