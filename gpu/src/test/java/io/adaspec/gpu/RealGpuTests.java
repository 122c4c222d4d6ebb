package io.adaspec.gpu;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import io.adaspec.gpu.cublas.CublasLtLibrary;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;

/**
 * Runs the tests of arithmetic where there is neither Maven nor a JDK: from a bundle, on a machine
 * with a GPU. Ends with 1 if one fails or none ran.
 */
final class RealGpuTests {
  private RealGpuTests() {}

  /** Prints failures and, last, a line of counts. */
  public static void main(String[] args) {
    LauncherDiscoveryRequest request =
        LauncherDiscoveryRequestBuilder.request()
            .selectors(tests().map(each -> selectClass(each)).toList())
            .build();
    SummaryGeneratingListener listener = new SummaryGeneratingListener();
    LauncherFactory.create().execute(request, listener);
    TestExecutionSummary summary = listener.getSummary();
    PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
    summary.printFailuresTo(out);
    boolean whole =
        summary.getTotalFailureCount() == 0
            && summary.getTestsSucceededCount() > 0
            && summary.getTestsSkippedCount() + summary.getTestsAbortedCount() == 0;
    out.println(
        summary.getTestsSucceededCount()
            + " tests of the kernels passed, "
            + summary.getTotalFailureCount()
            + " failed, "
            + (summary.getTestsSkippedCount() + summary.getTestsAbortedCount())
            + " skipped");
    System.exit(whole ? 0 : 1);
  }

  /** That of cuBLASLt only where it is installed: nothing needs it. */
  private static Stream<Class<?>> tests() {
    Stream<Class<?>> always =
        Stream.of(
            ProductsTest.class,
            AttentionTest.class,
            ForwardPassTest.class,
            DeviceSamplerTest.class,
            CudaDeviceContractTest.class);
    return CublasLtLibrary.find(Optional.empty()) instanceof CublasLtLibrary.Found.Library
        ? Stream.concat(always, Stream.of(LibraryProductsTest.class))
        : always;
  }
}
