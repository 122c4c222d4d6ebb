package io.adaspec.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import io.adaspec.runtime.kvcache.KvGeometry;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class KernelResourceTest {
  private static final Path ROOT = Path.of(System.getProperty("adaspec.root", ".."));
  private static final Path SOURCES = ROOT.resolve("gpu/src/main/cuda");
  private static final Path SCRIPT = ROOT.resolve("gpu/kernels");
  private static final List<String> PRODUCTS = List.of("8", "16", "32", "64", "wide");
  private static final Pattern LAUNCH = Pattern.compile("launch\\(\\s*\"(\\w+)\",");

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

  @Test
  void everyArchitectureHasEveryKernelThatIsAskedFor() throws IOException {
    List<FatBinary.CodeObject> objects = FatBinary.read(resource("adaspec_kernels.fatbin"));
    List<String> cubins =
        Stream.of(setting("architectures").split(" ")).map(each -> "sm_" + each).toList();
    assertThat(cubins).containsExactly("sm_80", "sm_86", "sm_89", "sm_90", "sm_100", "sm_120");
    assertThat(objects)
        .extracting(FatBinary.CodeObject::target)
        .containsExactlyInAnyOrder(
            Stream.concat(cubins.stream(), Stream.of("compute_80")).toArray(String[]::new));
    assertThat(askedFor()).hasSizeGreaterThan(35);
    assertThat(objects)
        .allSatisfy(
            object ->
                assertThat(object.kernels())
                    .as(object.target())
                    .containsExactlyInAnyOrderElementsOf(askedFor()));
  }

  /** Names in the calls that launch kernels, and those that are put together there. */
  private static Set<String> askedFor() throws IOException {
    Set<String> names = new TreeSet<>();
    for (DeviceFormat format : DeviceFormat.values()) {
      String name = "matmul_" + format.kernelName();
      if (format == DeviceFormat.F32) {
        names.add(name);
      } else {
        PRODUCTS.forEach(kind -> names.add(name + "_" + kind));
        names.add("expand_" + format.kernelName());
      }
    }
    for (KvGeometry.ElementType type : KvGeometry.ElementType.values()) {
      names.add("attend_rows_" + ElementCodes.kernelName(type));
      names.add("attend_splits_" + ElementCodes.kernelName(type));
    }
    try (Stream<Path> files = Files.walk(ROOT.resolve("gpu/src/main/java"))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Matcher call = LAUNCH.matcher(Files.readString(file));
        while (call.find()) {
          names.add(call.group(1));
        }
      }
    }
    return names;
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
