package io.adaspec.runtime.tensor;

/** The program that {@link NarrowVectorsTest} starts: the tests of kernels in this JVM. */
final class NarrowVectorsProbe {
  private NarrowVectorsProbe() {}

  /** Prints the name of the best kernels after all comparisons with the oracle have held. */
  @SuppressWarnings("JUnitMethodInvoked") // the same comparisons, in a JVM with other vectors
  public static void main(String[] arguments) {
    KernelsTest tests = new KernelsTest();
    try {
      for (WeightFormat format : WeightFormat.values()) {
        tests.productsAgreeWithTheOracleBitForBitForEveryRowCount(format);
      }
      tests.blockProductsAgreeWithTheOracleForOddSizes();
      tests.rowOperationsAgreeWithTheOracleAroundLaneBorders();
    } finally {
      tests.free();
    }
    System.out.println(Kernels.best().name());
  }
}
