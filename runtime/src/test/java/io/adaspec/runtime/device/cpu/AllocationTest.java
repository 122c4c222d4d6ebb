package io.adaspec.runtime.device.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import io.adaspec.runtime.ChildJvm;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Once compiled, passes of a size that was seen before leave nothing for the collector. Measured in
 * a JVM of its own: what the compiler removes depends on all that ran before, here other tests.
 */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class AllocationTest {
  @Test
  void decodingAndVerifyingAllocateNothing() throws IOException, InterruptedException {
    assertThat(leastBytes("0", "0", "1", "0")).isZero();
  }

  @Test
  void truncatedSamplingAllocatesNothing() throws IOException, InterruptedException {
    assertThat(leastBytes("0.8", "40", "0.95", "0.02")).isZero();
  }

  /** Bytes that {@link AllocationProbe#WINDOW_PASSES} passes allocate at best. */
  private static long leastBytes(String... sampling) throws IOException, InterruptedException {
    String output = ChildJvm.run(AllocationProbe.class, List.of(), sampling);
    assertThat(output).contains(AllocationProbe.RESULT);
    return Long.parseLong(
        output.substring(
            output.lastIndexOf(AllocationProbe.RESULT) + AllocationProbe.RESULT.length()));
  }
}
