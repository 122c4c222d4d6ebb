package io.adaspec.actors.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import io.adaspec.runtime.architecture.HouseRules;
import org.junit.jupiter.api.Test;

class ActorsArchitectureTest {
  private static final String ROOT = "io.adaspec.actors";
  private static final JavaClasses CLASSES = HouseRules.productClasses(ROOT);

  @Test
  void seesNeitherCardsNorVectorsNorServers() {
    HouseRules.importsNothingOf(
            ROOT,
            "jcuda.",
            "jdk.incubator",
            "io.adaspec.gpu",
            "io.adaspec.api",
            "org.apache.pekko.http")
        .check(CLASSES);
  }

  @Test
  void doesNoArithmeticOnTensors() {
    HouseRules.importsNothingOf(ROOT, "io.adaspec.runtime.tensor", "io.adaspec.runtime.sampling")
        .check(CLASSES);
  }

  @Test
  void timeComesFromTheEnginesClock() {
    HouseRules.onlyTheseReadClocks().check(CLASSES);
    HouseRules.onlyTheseMakeRandomness().check(CLASSES);
  }

  @Test
  void callsNoNativeCode() {
    HouseRules.onlyTheseBindNativeCode().check(CLASSES);
  }

  @Test
  void everyPackageSaysWhatItIs() {
    assertThat(HouseRules.packagesWithoutInfo(CLASSES)).isEmpty();
  }
}
