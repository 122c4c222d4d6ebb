package io.adaspec.runtime.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import io.adaspec.runtime.ChildJvm;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Kernels on machines with narrower vectors than this one's, in JVMs that use no wider ones. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class NarrowVectorsTest {
  private static final String WARNING = "fast kernels need 256";

  @Test
  void kernelsOf256BitsAgreeWithTheOracle() throws IOException, InterruptedException {
    String output = ChildJvm.run(NarrowVectorsProbe.class, List.of("-XX:MaxVectorSize=32"));
    assertThat(output).endsWith("vector-256").doesNotContain(WARNING);
  }

  @Test
  void shorterVectorsMeanScalarKernelsAndOneWarning() throws IOException, InterruptedException {
    String output = ChildJvm.run(NarrowVectorsProbe.class, List.of("-XX:MaxVectorSize=16"));
    assertThat(output).endsWith("scalar").containsOnlyOnce(WARNING);
  }

  /** As applications are started that embed the engine and know nothing of its flags. */
  @Test
  void withoutTheVectorApiKernelsAreScalarAndTheFlagIsNamed()
      throws IOException, InterruptedException {
    String output = ChildJvm.runBare(BestKernels.class, List.of());
    assertThat(output)
        .endsWith("scalar")
        .containsOnlyOnce("start it with --add-modules=jdk.incubator.vector");
  }

  /** Prints the name of the best kernels, asked twice. */
  static final class BestKernels {
    private BestKernels() {}

    public static void main(String[] arguments) {
      Kernels first = Kernels.best();
      System.out.println(Kernels.best().name().equals(first.name()) ? first.name() : "undecided");
    }
  }
}
