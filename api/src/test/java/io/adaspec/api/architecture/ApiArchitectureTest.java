package io.adaspec.api.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import io.adaspec.runtime.architecture.HouseRules;
import org.junit.jupiter.api.Test;

class ApiArchitectureTest {
  private static final String ROOT = "io.adaspec.api";
  private static final JavaClasses CLASSES = HouseRules.productClasses(ROOT);

  @Test
  void findsCardsAtRunTimeOnlyAndComputesNothing() {
    HouseRules.importsNothingOf(
            ROOT, "jcuda.", "jdk.incubator", "io.adaspec.gpu", "io.adaspec.benchmarks")
        .check(CLASSES);
  }

  @Test
  void theServerDoesNotKnowTheCommandLine() {
    noClasses()
        .that()
        .resideOutsideOfPackage(ROOT + ".cli")
        .should()
        .dependOnClassesThat()
        .resideInAPackage(ROOT + ".cli")
        .check(CLASSES);
  }

  @Test
  void onlyTheMainClassEndsTheProcess() {
    noClasses()
        .that()
        .doNotHaveFullyQualifiedName(ROOT + ".cli.Main")
        .should()
        .callMethod(System.class, "exit", int.class)
        .check(CLASSES);
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
