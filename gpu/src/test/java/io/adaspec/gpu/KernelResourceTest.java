package io.adaspec.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class KernelResourceTest {
  private static final Path ROOT = Path.of(System.getProperty("adaspec.root", ".."));
  private static final Path SOURCES = ROOT.resolve("gpu/src/main/cuda");
  private static final Path SCRIPT = ROOT.resolve("gpu/kernels");

  @Test
  void compiledKernelsBelongToTheSources() throws IOException, GeneralSecurityException {
    StringBuilder listing = new StringBuilder();
    listing.append(setting("architectures")).append('\n');
    listing.append(setting("options")).append('\n');
    try (Stream<Path> files = Files.list(SOURCES)) {
      for (Path file :
          files.sorted(Comparator.comparing(path -> path.getFileName().toString())).toList()) {
        listing.append(sha256(Files.readAllBytes(file)));
        listing.append("  ./").append(file.getFileName()).append('\n');
      }
    }
    String expected = sha256(listing.toString().getBytes(StandardCharsets.UTF_8));
    assertThat(new String(resource("adaspec_kernels.sha256"), StandardCharsets.UTF_8).strip())
        .as("run gpu/kernels where nvcc 13 is installed, and commit what it wrote")
        .isEqualTo(expected);
  }

  @Test
  void compiledKernelsAreAFatBinaryOfAModestSize() throws IOException {
    byte[] image = resource("adaspec_kernels.fatbin");
    assertThat(image).startsWith(0x50, 0xED, 0x55, 0xBA);
    assertThat(image.length).isLessThan(3 << 20);
  }

  /** What the script that compiles the kernels sets a variable to. */
  private static String setting(String name) throws IOException {
    String begin = name + "=\"";
    return Files.readAllLines(SCRIPT).stream()
        .filter(line -> line.startsWith(begin))
        .map(line -> line.substring(begin.length(), line.length() - 1))
        .findFirst()
        .orElseThrow();
  }

  private static byte[] resource(String name) throws IOException {
    try (InputStream in = KernelModule.class.getResourceAsStream(name)) {
      assertThat(in).as(name).isNotNull();
      return in.readAllBytes();
    }
  }

  private static String sha256(byte[] bytes) throws GeneralSecurityException {
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
  }
}
