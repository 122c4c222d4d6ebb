package io.adaspec.gpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * The emulated CUDA driver of {@code src/test/native}: built once per state of its sources, loaded
 * before JCuda, which then takes it for {@code libcuda.so.1}. Tests skip where it cannot be built.
 */
@SuppressWarnings("restricted") // tests run with native access
public final class EmulatedDriver {
  private static final Path MODULE =
      Path.of(System.getProperty("adaspec.root", "..")).resolve("gpu");

  /** Set where g++ must be there: a missing one is then a failure and no reason to skip. */
  private static final boolean REQUIRED =
      Boolean.getBoolean("adaspec.gpu.required") || System.getenv("CI") != null;

  private static final Linker LINKER = Linker.nativeLinker();

  private final SymbolLookup symbols;

  private EmulatedDriver(SymbolLookup symbols) {
    this.symbols = symbols;
  }

  /** The driver, with one healthy GPU of 4 GiB. Skips the test where g++ 12 is missing. */
  public static EmulatedDriver load() {
    Path library = library();
    System.load(library.toString());
    EmulatedDriver driver = new EmulatedDriver(SymbolLookup.libraryLookup(library, Arena.global()));
    driver.reset();
    return driver;
  }

  /** The folder of the built library. Skips the test where it cannot be built. */
  public static Path library() {
    assumeTrue(System.getProperty("os.name").equals("Linux"), "the emulated driver needs Linux");
    String reason = "the emulated driver needs g++ 12 or newer on the PATH";
    boolean compiler = hasCompiler();
    assertThat(compiler || !REQUIRED).as(reason).isTrue();
    assumeTrue(compiler, reason);
    try {
      Path folder = MODULE.resolve("target/native").resolve(fingerprint()).toAbsolutePath();
      Path library = folder.resolve("libcuda.so.1");
      if (!Files.exists(library)) {
        build(folder);
      }
      return library;
    } catch (IOException e) {
      throw new AssertionError("cannot build the emulated driver", e);
    }
  }

  /** One healthy GPU of 4 GiB again. */
  public void reset() {
    call("adaspec_emulation_reset");
  }

  /** Driver calls so far. */
  public long calls() {
    return number("adaspec_emulation_calls");
  }

  /** Kernels launched outside of graphs, or recorded into one. */
  public long launches() {
    return number("adaspec_emulation_launches");
  }

  public long graphLaunches() {
    return number("adaspec_emulation_graph_launches");
  }

  /** How often a call was made, by its name without version. */
  public long count(String call) {
    try (Arena arena = Arena.ofConfined()) {
      return (long)
          invoke(
              "adaspec_emulation_count",
              FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.ADDRESS),
              arena.allocateFrom(call));
    }
  }

  /** Bytes copied to GPUs so far. */
  public long bytesToDevice() {
    return number("adaspec_emulation_bytes_to_device");
  }

  /** Bytes copied from GPUs so far. */
  public long bytesToHost() {
    return number("adaspec_emulation_bytes_to_host");
  }

  /** Allocations of GPU and pinned memory that are not freed. */
  public long allocations() {
    return number("adaspec_emulation_allocations");
  }

  /** Makes the call {@code after} calls from now fail with a driver code. */
  public void fail(long after, int code) {
    call("adaspec_emulation_fail", after, code);
  }

  /** GPU 0 is lost at the call {@code after} calls from now. */
  public void loseLater(long after) {
    call("adaspec_emulation_lose_later", after);
  }

  /** From now on every call on that GPU fails. */
  public void loseDevice(int device) {
    call("adaspec_emulation_lose_device", device);
  }

  public void setDevices(int count) {
    call("adaspec_emulation_set_devices", count);
  }

  /** The CUDA version that the driver says it is for, 13000 for 13.0. */
  public void setVersion(int version) {
    call("adaspec_emulation_set_version", version);
  }

  public void setMemory(long bytes) {
    call("adaspec_emulation_set_memory", bytes);
  }

  /** The driver says that so many more bytes are free than it gives. */
  public void overstateMemory(long bytes) {
    call("adaspec_emulation_overstate_memory", bytes);
  }

  public void setArchitecture(int major, int minor) {
    call("adaspec_emulation_set_architecture", major, minor);
  }

  /** What the last stopped kernel did. */
  public String lastFault() {
    MemorySegment text =
        (MemorySegment)
            invoke("adaspec_emulation_last_fault", FunctionDescriptor.of(ValueLayout.ADDRESS));
    return text.reinterpret(Long.MAX_VALUE).getString(0);
  }

  private long number(String name) {
    return (long) invoke(name, FunctionDescriptor.of(ValueLayout.JAVA_LONG));
  }

  private void call(String name, Object... arguments) {
    ValueLayout[] layouts =
        Stream.of(arguments)
            .map(a -> a instanceof Long ? ValueLayout.JAVA_LONG : ValueLayout.JAVA_INT)
            .toArray(ValueLayout[]::new);
    invoke(name, FunctionDescriptor.ofVoid(layouts), arguments);
  }

  private Object invoke(String name, FunctionDescriptor type, Object... arguments) {
    try {
      return LINKER.downcallHandle(symbols.findOrThrow(name), type).invokeWithArguments(arguments);
    } catch (Throwable e) {
      throw new AssertionError(name, e);
    }
  }

  private static boolean hasCompiler() {
    return Stream.of(System.getenv().getOrDefault("PATH", "").split(":"))
        .anyMatch(folder -> Files.isExecutable(Path.of(folder, "g++")));
  }

  private static void build(Path folder) throws IOException {
    String script = MODULE.resolve("src/test/native/build").toAbsolutePath().toString();
    Process process =
        new ProcessBuilder("sh", script, folder.toString()).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    try {
      if (process.waitFor() != 0) {
        throw new AssertionError("the emulated driver does not compile:\n" + output);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  private static String fingerprint() throws IOException {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (String folder : List.of("src/main/cuda", "src/test/native")) {
        try (Stream<Path> files = Files.list(MODULE.resolve(folder))) {
          for (Path file : files.sorted().toList()) {
            digest.update(file.getFileName().toString().getBytes(StandardCharsets.UTF_8));
            digest.update(Files.readAllBytes(file));
          }
        }
      }
      return HexFormat.of().formatHex(digest.digest()).substring(0, 16).toLowerCase(Locale.ROOT);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }
}
