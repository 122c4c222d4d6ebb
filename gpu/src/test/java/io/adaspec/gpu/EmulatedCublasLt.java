package io.adaspec.gpu;

import io.adaspec.runtime.device.FastPrefill;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Optional;

/** The cuBLASLt on the emulated driver, built with it, and the switches that make it fail. */
@SuppressWarnings("restricted") // tests run with native access
public final class EmulatedCublasLt {
  private final Path file;
  private final SymbolLookup symbols;

  private EmulatedCublasLt(Path file, SymbolLookup symbols) {
    this.file = file;
    this.symbols = symbols;
  }

  /** A healthy library beside a healthy driver. Skips the test where they cannot be built. */
  public static EmulatedCublasLt load() {
    EmulatedDriver.load();
    Path file = EmulatedDriver.library().resolveSibling("libcublasLt.so.13");
    EmulatedCublasLt library =
        new EmulatedCublasLt(file, SymbolLookup.libraryLookup(file, Arena.global()));
    library.reset();
    return library;
  }

  public Path file() {
    return file;
  }

  /** Fast prefill by this library. */
  public FastPrefill from(int minRows) {
    return new FastPrefill(true, Optional.of(file), minRows);
  }

  public void reset() {
    invoke("adaspec_cublaslt_reset", FunctionDescriptor.ofVoid());
  }

  /** From now on a function fails with a status. */
  public void fail(String function, int status) {
    try (Arena arena = Arena.ofConfined()) {
      invoke(
          "adaspec_cublaslt_fail",
          FunctionDescriptor.ofVoid(ValueLayout.ADDRESS, ValueLayout.JAVA_INT),
          arena.allocateFrom(function),
          status);
    }
  }

  /** Products fail with a driver code when the GPU comes to them. */
  public void setFault(int code) {
    invoke("adaspec_cublaslt_set_fault", FunctionDescriptor.ofVoid(ValueLayout.JAVA_INT), code);
  }

  /** It has no algorithm for anything. */
  public void setHelpless() {
    invoke("adaspec_cublaslt_set_helpless", FunctionDescriptor.ofVoid());
  }

  public void setVersion(long version) {
    invoke(
        "adaspec_cublaslt_set_version", FunctionDescriptor.ofVoid(ValueLayout.JAVA_LONG), version);
  }

  /** Calls of a function so far. */
  public long count(String function) {
    try (Arena arena = Arena.ofConfined()) {
      return (long)
          invoke(
              "adaspec_cublaslt_count",
              FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.ADDRESS),
              arena.allocateFrom(function));
    }
  }

  /** Products so far. */
  public long products() {
    return count("cublasLtMatmul");
  }

  /** Objects that nobody destroyed. */
  public long live() {
    return (long) invoke("adaspec_cublaslt_live", FunctionDescriptor.of(ValueLayout.JAVA_LONG));
  }

  private Object invoke(String name, FunctionDescriptor type, Object... arguments) {
    try {
      return Linker.nativeLinker()
          .downcallHandle(symbols.findOrThrow(name), type)
          .invokeWithArguments(arguments);
    } catch (Throwable e) {
      throw new AssertionError(name, e);
    }
  }
}
