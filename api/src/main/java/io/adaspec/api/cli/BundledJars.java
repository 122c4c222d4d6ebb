package io.adaspec.api.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * Copies the distribution's jars for a bundle: native libraries of other machines than Linux
 * x86-64, and those of JCuda that need a CUDA toolkit, stay behind; entries are stored, not
 * deflated, so that the bundle's compression sees what jars have in common. Run by {@code
 * bin/bundle}.
 */
final class BundledJars {
  private static final List<String> NATIVE_SUFFIXES =
      List.of(".so", ".dylib", ".dll", ".jnilib", ".a");

  private static final List<String> MACHINE_NAMES = List.of("linux-x86_64", "linux-x86-64");

  /**
   * Of Pekko's distributed data that is kept on disk, and metrics as protocol buffers: the product
   * uses neither, and both libraries do without.
   */
  private static final List<String> LEFT_OUT =
      List.of("lmdbjava-", "jnr-", "jffi-", "asm-", "prometheus-metrics-exposition-formats-");

  private static final String JCUDA = "jcuda";
  private static final String JCUDA_DRIVER = "libJCudaDriver";

  private BundledJars() {}

  /**
   * Copies what the distribution ships of them.
   *
   * @param args folder of jars, folder to write to
   */
  public static void main(String[] args) throws IOException {
    copyAll(Path.of(args[0]), Path.of(args[1]));
  }

  /** Copies all jars of a folder. */
  static void copyAll(Path from, Path to) throws IOException {
    Files.createDirectories(to);
    try (Stream<Path> files = Files.list(from)) {
      for (Path jar : files.filter(BundledJars::isBundled).sorted().toList()) {
        copy(jar, to.resolve(jar.getFileName()));
      }
    }
  }

  private static boolean isBundled(Path file) {
    String name = file.getFileName().toString();
    return name.endsWith(".jar") && LEFT_OUT.stream().noneMatch(name::startsWith);
  }

  private static void copy(Path from, Path to) throws IOException {
    try (ZipFile jar = new ZipFile(from.toFile());
        OutputStream file = Files.newOutputStream(to);
        ZipOutputStream out = new ZipOutputStream(file)) {
      out.setMethod(ZipOutputStream.STORED);
      for (ZipEntry entry : Collections.list(jar.entries())) {
        if (!entry.isDirectory() && belongs(from.getFileName().toString(), entry.getName())) {
          write(out, entry, jar.getInputStream(entry).readAllBytes());
        }
      }
    }
  }

  /** Whether an entry of a jar is of use on Linux x86-64 with an NVIDIA driver. */
  static boolean belongs(String jar, String entry) {
    if (isSignature(entry)) {
      return false;
    }
    if (NATIVE_SUFFIXES.stream().noneMatch(entry::endsWith)) {
      return true;
    }
    String path = entry.toLowerCase(Locale.ROOT);
    boolean here = MACHINE_NAMES.stream().anyMatch(path::contains);
    return here && (!jar.startsWith(JCUDA) || entry.contains(JCUDA_DRIVER));
  }

  private static boolean isSignature(String entry) {
    return entry.startsWith("META-INF/") && (entry.endsWith(".SF") || entry.endsWith(".RSA"));
  }

  private static void write(ZipOutputStream out, ZipEntry source, byte[] bytes) throws IOException {
    CRC32 checksum = new CRC32();
    checksum.update(bytes);
    ZipEntry entry = new ZipEntry(source.getName());
    entry.setTime(0);
    entry.setSize(bytes.length);
    entry.setCompressedSize(bytes.length);
    entry.setCrc(checksum.getValue());
    out.putNextEntry(entry);
    out.write(bytes);
    out.closeEntry();
  }
}
