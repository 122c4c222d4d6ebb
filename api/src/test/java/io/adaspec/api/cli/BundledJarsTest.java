package io.adaspec.api.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BundledJarsTest {
  @TempDir private Path folder = Path.of("");

  @ParameterizedTest
  @CsvSource({
    "tokenizers.jar, native/lib/linux-x86_64/cpu/libtokenizers.so, true",
    "tokenizers.jar, native/lib/linux-aarch64/cpu/libtokenizers.so, false",
    "tokenizers.jar, native/lib/osx-aarch64/cpu/libtokenizers.dylib, false",
    "tokenizers.jar, native/lib/tokenizers.properties, true",
    "jcuda-natives.jar, lib/libJCudaDriver-12.6.0-linux-x86_64.so, true",
    "jcuda-natives.jar, lib/libJNvPTXCompiler-12.6.0-linux-x86_64.so, false",
    "jna.jar, com/sun/jna/linux-x86-64/libjnidispatch.so, true",
    "jna.jar, com/sun/jna/win32-x86-64/jnidispatch.dll, false",
    "any.jar, META-INF/SIGNER.SF, false",
    "any.jar, io/adaspec/Some.class, true",
  })
  void keepsWhatThatMachineUses(String jar, String entry, boolean kept) {
    assertThat(BundledJars.belongs(jar, entry)).isEqualTo(kept);
  }

  @Test
  void storesEntriesWithTheirContent() throws IOException {
    Path from = Files.createDirectory(folder.resolve("from"));
    try (ZipOutputStream jar =
        new ZipOutputStream(Files.newOutputStream(from.resolve("some.jar")))) {
      jar.putNextEntry(new ZipEntry("folder/"));
      jar.putNextEntry(new ZipEntry("folder/text"));
      jar.write("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa".getBytes(StandardCharsets.UTF_8));
      jar.putNextEntry(new ZipEntry("folder/other.dll"));
    }
    Files.copy(from.resolve("some.jar"), from.resolve("lmdbjava-0.9.1.jar"));
    String protobuf = "prometheus-metrics-exposition-formats-1.7.0.jar";
    Files.copy(from.resolve("some.jar"), from.resolve(protobuf));
    Path to = folder.resolve("to");
    BundledJars.copyAll(from, to);
    assertThat(to.resolve("lmdbjava-0.9.1.jar")).doesNotExist();
    assertThat(to.resolve(protobuf)).doesNotExist();
    try (ZipFile copy = new ZipFile(to.resolve("some.jar").toFile())) {
      assertThat(Collections.list(copy.entries()))
          .singleElement()
          .satisfies(
              entry -> {
                assertThat(entry.getName()).isEqualTo("folder/text");
                assertThat(entry.getMethod()).isEqualTo(ZipEntry.STORED);
                assertThat(copy.getInputStream(entry).readAllBytes()).hasSize(31).containsOnly('a');
              });
    }
  }
}
