package io.adaspec.gpu.cublas;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemoryLayout;

/**
 * The functions of cuBLASLt that are called, with their C signatures as NVIDIA's manual gives them.
 * Handles are pointers; addresses in GPU memory and streams are passed as numbers.
 */
enum CublasFunction {
  VERSION("cublasLtGetVersion", FunctionDescriptor.of(JAVA_LONG)),
  CREATE("cublasLtCreate", status(ADDRESS)),
  DESTROY("cublasLtDestroy", status(ADDRESS)),
  DESCRIPTION_CREATE("cublasLtMatmulDescCreate", status(ADDRESS, JAVA_INT, JAVA_INT)),
  DESCRIPTION_SET("cublasLtMatmulDescSetAttribute", status(ADDRESS, JAVA_INT, ADDRESS, JAVA_LONG)),
  DESCRIPTION_DESTROY("cublasLtMatmulDescDestroy", status(ADDRESS)),
  LAYOUT_CREATE(
      "cublasLtMatrixLayoutCreate", status(ADDRESS, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG)),
  LAYOUT_DESTROY("cublasLtMatrixLayoutDestroy", status(ADDRESS)),
  PREFERENCE_CREATE("cublasLtMatmulPreferenceCreate", status(ADDRESS)),
  PREFERENCE_SET(
      "cublasLtMatmulPreferenceSetAttribute", status(ADDRESS, JAVA_INT, ADDRESS, JAVA_LONG)),
  PREFERENCE_DESTROY("cublasLtMatmulPreferenceDestroy", status(ADDRESS)),

  /** Handle, description, layouts of A, B, C, D, preference, wanted, results, found. */
  HEURISTIC(
      "cublasLtMatmulAlgoGetHeuristic",
      status(
          ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS, JAVA_INT, ADDRESS,
          ADDRESS)),

  /**
   * Handle, description, alpha, A and layout, B and layout, beta, C and layout, D and layout,
   * algorithm, workspace and its bytes, stream.
   */
  MULTIPLY(
      "cublasLtMatmul",
      status(
          ADDRESS, ADDRESS, ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG, ADDRESS, ADDRESS, JAVA_LONG,
          ADDRESS, JAVA_LONG, ADDRESS, ADDRESS, JAVA_LONG, JAVA_LONG, JAVA_LONG));

  private final String symbol;

  @SuppressWarnings("ImmutableEnumChecker") // it is immutable and does not say so
  private final FunctionDescriptor signature;

  CublasFunction(String symbol, FunctionDescriptor signature) {
    this.symbol = symbol;
    this.signature = signature;
  }

  String symbol() {
    return symbol;
  }

  FunctionDescriptor signature() {
    return signature;
  }

  private static FunctionDescriptor status(MemoryLayout... arguments) {
    return FunctionDescriptor.of(JAVA_INT, arguments);
  }
}
