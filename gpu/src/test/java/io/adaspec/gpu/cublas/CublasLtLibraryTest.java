package io.adaspec.gpu.cublas;

import static org.assertj.core.api.Assertions.assertThat;

import io.adaspec.gpu.EmulatedCublasLt;
import io.adaspec.gpu.EmulatedDriver;
import io.adaspec.gpu.cublas.CublasLtLibrary.Found;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CublasLtLibraryTest {
  private final EmulatedCublasLt emulated = EmulatedCublasLt.load();
  @TempDir private Path folder = Path.of("");

  @AfterEach
  void heal() {
    emulated.reset();
  }

  @Test
  void theNamedFileIsBound() {
    assertThat(find(emulated.file()))
        .isInstanceOfSatisfying(
            Found.Library.class,
            found ->
                assertThat(found.library().description())
                    .isEqualTo("cuBLASLt 13.1.0 (" + emulated.file() + ")"));
  }

  @Test
  void aLibraryInAUsualPlaceIsFound() throws IOException {
    Path place = folder.resolve("usr/local/cuda/lib64/libcublasLt.so.13");
    Files.createDirectories(place.getParent());
    Files.createSymbolicLink(place, emulated.file());
    assertThat(CublasLtLibrary.find(Optional.empty(), new LibrarySearch(folder, Map.of())))
        .isInstanceOf(Found.Library.class);
  }

  @Test
  void aFileThatIsNotThereIsNamed() {
    Path missing = folder.resolve("libcublasLt.so.12");
    assertThat(nothing(missing).reason()).isEqualTo(missing + " is not there or not readable");
    assertThat(nothing(missing).remedy())
        .contains("install cuBLAS")
        .contains("adaspec.devices.fast-prefill.library");
  }

  @Test
  void aFileThatIsNoLibraryIsRefused() throws IOException {
    Path text = Files.writeString(folder.resolve("libcublasLt.so.12"), "not a library");
    assertThat(nothing(text).reason()).contains(text.toString()).contains("cannot be loaded");
  }

  @Test
  void anotherLibraryIsRefusedByWhatItLacks() {
    Path driver = EmulatedDriver.library();
    assertThat(nothing(driver).reason())
        .isEqualTo(driver + " is no cuBLASLt of version 11 to 13: it lacks cublasLtGetVersion");
  }

  @Test
  void anOldVersionIsRefused() {
    emulated.setVersion(10_202);
    assertThat(nothing(emulated.file()).reason()).contains("version 10202").contains("too old");
  }

  private static Found find(Path file) {
    return CublasLtLibrary.find(Optional.of(file));
  }

  private static Found.Nothing nothing(Path file) {
    return (Found.Nothing) find(file);
  }
}
