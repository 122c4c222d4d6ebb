package io.adaspec.gpu.cublas;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LibrarySearchTest {
  @TempDir private Path root = Path.of("");

  @Test
  void withoutAnyFileTheLoaderIsAskedForEachVersionByName() {
    assertThat(new LibrarySearch(root, Map.of()).candidates())
        .containsExactly("libcublasLt.so.13", "libcublasLt.so.12", "libcublasLt.so.11");
  }

  @Test
  void newerVersionsGoFirstWhereverTheyLie() throws IOException {
    String twelve = file("usr/local/cuda-12.6/lib64/libcublasLt.so.12");
    String thirteen =
        file("usr/local/lib/python3.12/dist-packages/nvidia/cu13/lib/libcublasLt.so.13");
    assertThat(new LibrarySearch(root, Map.of()).candidates())
        .containsExactly(
            "libcublasLt.so.13", thirteen, "libcublasLt.so.12", twelve, "libcublasLt.so.11");
  }

  @Test
  void toolkitsDebianCondaAndPythonAreLookedThrough() throws IOException {
    String named = file("toolkit/lib64/libcublasLt.so.12");
    String newest = file("usr/local/cuda-12.9/targets/x86_64-linux/lib/libcublasLt.so.12");
    String older = file("usr/local/cuda-12.4/lib64/libcublasLt.so.12");
    String debian = file("usr/lib/x86_64-linux-gnu/libcublasLt.so.12");
    String conda = file("conda/lib/libcublasLt.so.12");
    String wheel =
        file("environment/lib/python3.11/site-packages/nvidia/cublas/lib/libcublasLt.so.12");
    String own =
        file("home/.local/lib/python3.13/site-packages/nvidia/cublas/lib/libcublasLt.so.12");
    Map<String, String> environment =
        Map.of(
            "CUDA_HOME", root.resolve("toolkit").toString(),
            "CONDA_PREFIX", root.resolve("conda").toString(),
            "VIRTUAL_ENV", root.resolve("environment").toString(),
            "HOME", root.resolve("home").toString());
    assertThat(new LibrarySearch(root, environment).candidates())
        .containsExactly(
            "libcublasLt.so.13",
            "libcublasLt.so.12",
            named,
            newest,
            older,
            debian,
            conda,
            wheel,
            own,
            "libcublasLt.so.11");
  }

  private String file(String path) throws IOException {
    Path file = root.resolve(path);
    Files.createDirectories(file.getParent());
    return Files.createFile(file).toString();
  }
}
