package io.adaspec.runtime.architecture;

import static com.tngtech.archunit.lang.SimpleConditionEvent.violated;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import io.adaspec.runtime.tensor.NativeMemory;
import io.adaspec.runtime.time.CalendarClock;
import io.adaspec.runtime.time.NanoClock;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class RuntimeArchitectureTest {
  private static final String ROOT = "io.adaspec.runtime";

  /**
   * DESIGN section 5: a row may import only itself and the rows above it. Drafters work on a step's
   * sequences, so step comes before drafting; a scheduler plans for a device of known sizes, so
   * device comes before scheduler.
   */
  private static final List<Set<String>> ROWS =
      List.of(
          Set.of("time", "request"),
          Set.of("tensor"),
          Set.of("kvcache"),
          Set.of("text"),
          Set.of("sampling"),
          Set.of("model"),
          Set.of("speculation"),
          Set.of("step"),
          Set.of("drafting"),
          Set.of("device"),
          Set.of("scheduler"),
          Set.of("simulation"));

  private static final JavaClasses CLASSES = HouseRules.productClasses(ROOT);

  @Test
  void packagesImportOnlyRowsAboveThem() {
    classes().should(importOnlyRowsAbove()).check(CLASSES);
  }

  @Test
  void everyPackageHasItsRow() {
    Set<String> withoutRow = new TreeSet<>();
    for (JavaClass type : CLASSES) {
      if (!rowOfPackage().containsKey(topPackage(type.getPackageName()))) {
        withoutRow.add(type.getPackageName());
      }
    }
    assertThat(withoutRow).isEmpty();
  }

  @Test
  void knowsNoActorsNoCardsNoWireFormatAndNoConfigurationFiles() {
    HouseRules.importsNothingOf(
            ROOT,
            "org.apache.pekko",
            "scala.",
            "jcuda.",
            "com.esotericsoftware",
            "com.typesafe.config",
            "io.adaspec.actors",
            "io.adaspec.gpu",
            "io.adaspec.api")
        .check(CLASSES);
  }

  @Test
  void onlyTheVectorKernelsUseTheVectorApi() {
    classes()
        .that()
        .haveNameNotMatching("io\\.adaspec\\.runtime\\.tensor\\.Vector.*")
        .should()
        .onlyDependOnClassesThat()
        .resideOutsideOfPackage("jdk.incubator..")
        .check(CLASSES);
  }

  @Test
  void timeComesFromItsClockAndRandomnessFromSeeds() {
    HouseRules.onlyTheseReadClocks(NanoClock.class, CalendarClock.class).check(CLASSES);
    HouseRules.onlyTheseMakeRandomness().check(CLASSES);
  }

  @Test
  void onlyMemoryOutsideTheHeapCallsTheSystem() {
    HouseRules.onlyTheseBindNativeCode(NativeMemory.class).check(CLASSES);
  }

  @Test
  void everyPackageSaysWhatItIs() {
    assertThat(HouseRules.packagesWithoutInfo(CLASSES)).isEmpty();
  }

  private static ArchCondition<JavaClass> importOnlyRowsAbove() {
    Map<String, Integer> rows = rowOfPackage();
    return new ArchCondition<>("import only their own row and rows above it") {
      @Override
      public void check(JavaClass type, ConditionEvents events) {
        int own = rows.getOrDefault(topPackage(type.getPackageName()), -1);
        type.getDirectDependenciesFromSelf().stream()
            .filter(d -> d.getTargetClass().getPackageName().startsWith(ROOT + "."))
            .filter(
                d -> rows.getOrDefault(topPackage(d.getTargetClass().getPackageName()), 0) > own)
            .forEach(d -> events.add(violated(type, d.getDescription())));
      }
    };
  }

  private static Map<String, Integer> rowOfPackage() {
    Map<String, Integer> rows = new HashMap<>();
    for (int i = 0; i < ROWS.size(); i++) {
      for (String name : ROWS.get(i)) {
        rows.put(name, i);
      }
    }
    return rows;
  }

  /** {@code device} for {@code io.adaspec.runtime.device.cpu}. */
  private static String topPackage(String packageName) {
    String below = packageName.substring(Math.min(packageName.length(), ROOT.length() + 1));
    int dot = below.indexOf('.');
    return dot < 0 ? below : below.substring(0, dot);
  }
}
