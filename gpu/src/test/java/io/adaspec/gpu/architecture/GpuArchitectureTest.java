package io.adaspec.gpu.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import io.adaspec.gpu.cublas.CublasLtLibrary;
import io.adaspec.runtime.architecture.HouseRules;
import org.junit.jupiter.api.Test;

class GpuArchitectureTest {
  private static final String ROOT = "io.adaspec.gpu";
  private static final JavaClasses CLASSES = HouseRules.productClasses(ROOT);

  @Test
  void seesNoActorAndNoSchedulerAndNoVectorApi() {
    HouseRules.importsNothingOf(
            ROOT,
            "org.apache.pekko",
            "io.adaspec.actors",
            "io.adaspec.api",
            "io.adaspec.runtime.scheduler",
            "io.adaspec.runtime.simulation",
            "jdk.incubator",
            "com.esotericsoftware",
            "com.typesafe.config")
        .check(CLASSES);
  }

  @Test
  void timeComesFromItsClockAndRandomnessFromSeeds() {
    HouseRules.onlyTheseReadClocks().check(CLASSES);
    HouseRules.onlyTheseMakeRandomness().check(CLASSES);
  }

  /** JCublas and JNvrtc demand libraries of CUDA 12, the runtime API one more. */
  @Test
  void ofJCudaOnlyTheDriverApiIsUsed() {
    HouseRules.importsNothingOf(
            ROOT,
            "jcuda.runtime",
            "jcuda.nvrtc",
            "jcuda.jcublas",
            "jcuda.jcusparse",
            "jcuda.jcufft",
            "jcuda.jcurand",
            "jcuda.jcusolver",
            "jcuda.jnvjpeg")
        .check(CLASSES);
  }

  /** The driver is looked for before JCuda binds it; cuBLASLt has a package of its own. */
  @Test
  void onlyTheSearchForTheDriverAndCublasBindNativeCode() throws ClassNotFoundException {
    HouseRules.onlyTheseBindNativeCode(Class.forName(ROOT + ".CudaDriver"), CublasLtLibrary.class)
        .check(CLASSES);
    HouseRules.importsNothingOf(ROOT + ".cublas", "jcuda").check(CLASSES);
  }

  @Test
  void everyPackageSaysWhatItIs() {
    assertThat(HouseRules.packagesWithoutInfo(CLASSES)).isEmpty();
  }
}
