package io.adaspec.gpu.cublas;

import java.lang.foreign.Arena;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The functions of one cuBLASLt of this machine. Never unloaded. Thread-safe. */
public final class CublasLtLibrary {
  private static final int LEAST_VERSION = 11_000;
  private static final String REMEDY =
      "install cuBLAS 11 to 13 (of CUDA, or `pip install nvidia-cublas`) or name its file in"
          + " adaspec.devices.fast-prefill.library";

  private final String file;
  private final long version;
  private final Map<CublasFunction, MethodHandle> functions;

  private CublasLtLibrary(String file, long version, Map<CublasFunction, MethodHandle> functions) {
    this.file = file;
    this.version = version;
    this.functions = functions;
  }

  /** What a search found. */
  public sealed interface Found {
    /** A library that can be used. */
    record Library(CublasLtLibrary library) implements Found {}

    /** None, and why. */
    record Nothing(String reason, String remedy) implements Found {}
  }

  /**
   * Loads the named file, or the newest library in the usual places; never throws. Touches no GPU.
   */
  public static Found find(Optional<Path> file) {
    return find(file, LibrarySearch.ofMachine());
  }

  static Found find(Optional<Path> file, LibrarySearch search) {
    List<String> candidates =
        file.map(path -> List.of(path.toAbsolutePath().toString())).orElseGet(search::candidates);
    List<String> reasons = new ArrayList<>();
    for (String candidate : candidates) {
      try {
        return new Found.Library(load(candidate));
      } catch (UnusableException e) {
        if (!e.unknown()) {
          reasons.add(e.reason());
        }
      }
    }
    return new Found.Nothing(
        reasons.isEmpty()
            ? "none of " + LibrarySearch.NAMES + " is found in the usual places"
            : String.join("; ", reasons),
        REMEDY);
  }

  /** For people: version and file. */
  public String description() {
    String number =
        version < 100_000
            ? version / 1000 + "." + version % 1000 / 100
            : version / 10_000 + "." + version % 10_000 / 100 + "." + version % 100;
    return "cuBLASLt " + number + " (" + file + ")";
  }

  /** Calls a function that gives a status. */
  int call(CublasFunction function, Object... arguments) {
    try {
      return (int) handle(functions, function).invokeExact(arguments);
    } catch (Throwable e) {
      throw unexpected(function, e);
    }
  }

  @SuppressWarnings("restricted") // what is loaded is asked for by the user and checked by symbols
  private static CublasLtLibrary load(String candidate) throws UnusableException {
    if (candidate.startsWith("/") && !Files.isReadable(Path.of(candidate))) {
      throw new UnusableException(candidate + " is not there or not readable");
    }
    SymbolLookup symbols;
    try {
      symbols = SymbolLookup.libraryLookup(candidate, Arena.global());
    } catch (IllegalArgumentException e) {
      throw new UnusableException(
          candidate + " cannot be loaded: it is no library for this machine",
          !candidate.startsWith("/"));
    }
    Map<CublasFunction, MethodHandle> functions = new EnumMap<>(CublasFunction.class);
    for (CublasFunction function : CublasFunction.values()) {
      var address = symbols.find(function.symbol());
      if (address.isEmpty()) {
        throw new UnusableException(
            candidate + " is no cuBLASLt of version 11 to 13: it lacks " + function.symbol());
      }
      functions.put(
          function,
          Linker.nativeLinker()
              .downcallHandle(address.get(), function.signature())
              .asSpreader(Object[].class, function.signature().argumentLayouts().size()));
    }
    long version = version(functions);
    if (version < LEAST_VERSION) {
      throw new UnusableException(candidate + " says that it is version " + version + ", too old");
    }
    return new CublasLtLibrary(candidate, version, functions);
  }

  private static long version(Map<CublasFunction, MethodHandle> functions) {
    try {
      return (long) handle(functions, CublasFunction.VERSION).invokeExact(new Object[0]);
    } catch (Throwable e) {
      throw unexpected(CublasFunction.VERSION, e);
    }
  }

  private static MethodHandle handle(
      Map<CublasFunction, MethodHandle> functions, CublasFunction function) {
    MethodHandle handle = functions.get(function);
    if (handle == null) {
      throw new IllegalStateException(function.symbol() + " is not bound");
    }
    return handle;
  }

  /** Method handles declare Throwable; these calls throw nothing. */
  private static IllegalStateException unexpected(CublasFunction function, Throwable e) {
    return new IllegalStateException("a call of " + function.symbol() + " failed: " + e, e);
  }

  /** Why a candidate is not used. */
  private static final class UnusableException extends Exception {
    private static final long serialVersionUID = 1L;

    private final boolean unknown;

    UnusableException(String reason) {
      this(reason, false);
    }

    UnusableException(String reason, boolean unknown) {
      super(reason);
      this.unknown = unknown;
    }

    /** The loader does not know the name, which is no news. */
    boolean unknown() {
      return unknown;
    }

    String reason() {
      return String.valueOf(getMessage());
    }
  }
}
