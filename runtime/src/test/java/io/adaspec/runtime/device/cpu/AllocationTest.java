package io.adaspec.runtime.device.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
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
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    for (String argument : ManagementFactory.getRuntimeMXBean().getInputArguments()) {
      if (argument.startsWith("--") || argument.startsWith("-Dadaspec")) {
        command.add(argument);
      }
    }
    command.addAll(List.of("-Xmx512m", "-cp", System.getProperty("java.class.path")));
    command.add(AllocationProbe.class.getName());
    command.addAll(List.of(sampling));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    try {
      String output =
          new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      assertThat(process.waitFor()).as(output).isZero();
      assertThat(output).contains(AllocationProbe.RESULT);
      String bytes =
          output.substring(
              output.lastIndexOf(AllocationProbe.RESULT) + AllocationProbe.RESULT.length());
      return Long.parseLong(bytes);
    } finally {
      process.destroyForcibly();
    }
  }
}
