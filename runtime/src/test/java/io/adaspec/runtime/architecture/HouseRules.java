package io.adaspec.runtime.architecture;

import static com.tngtech.archunit.lang.SimpleConditionEvent.violated;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnitAccess;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;

/** Rules that hold in every module. */
public final class HouseRules {
  private static final Set<String> CLOCKS =
      Set.of(
          "java.lang.System.nanoTime",
          "java.lang.System.currentTimeMillis",
          "java.time.Instant.now",
          "java.time.LocalDate.now",
          "java.time.LocalDateTime.now",
          "java.time.ZonedDateTime.now",
          "java.time.OffsetDateTime.now",
          "java.time.InstantSource.system",
          "java.time.Clock.systemUTC",
          "java.time.Clock.systemDefaultZone",
          "java.time.Clock.system");

  private static final Set<String> RANDOM_SOURCES =
      Set.of(
          "java.util.Random.<init>",
          "java.security.SecureRandom.<init>",
          "java.util.SplittableRandom.<init>",
          "java.util.concurrent.ThreadLocalRandom.current",
          "java.util.random.RandomGenerator.getDefault",
          "java.util.random.RandomGenerator.of",
          "java.util.UUID.randomUUID",
          "java.lang.Math.random");

  private static final Set<String> NATIVE_CODE =
      Set.of(
          "java.lang.foreign.Linker.nativeLinker",
          "java.lang.foreign.SymbolLookup.libraryLookup",
          "java.lang.foreign.SymbolLookup.loaderLookup",
          "java.lang.System.load",
          "java.lang.System.loadLibrary");

  private HouseRules() {}

  /** The product's classes of one module, without tests. */
  public static JavaClasses productClasses(String rootPackage) {
    return new ClassFileImporter()
        .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
        .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_JARS)
        .importPackages(rootPackage);
  }

  /** Nothing of {@code rootPackage} depends on a class of the given packages. */
  public static ArchRule importsNothingOf(String rootPackage, String... forbidden) {
    return classes()
        .that()
        .resideInAPackage(rootPackage + "..")
        .should(
            new ArchCondition<JavaClass>("not depend on " + Arrays.toString(forbidden)) {
              @Override
              public void check(JavaClass type, ConditionEvents events) {
                type.getDirectDependenciesFromSelf().stream()
                    .filter(d -> startsWithOne(d.getTargetClass().getName(), forbidden))
                    .forEach(d -> events.add(violated(type, d.getDescription())));
              }
            });
  }

  /** Only the named classes (with their nested ones) read a clock of the machine. */
  public static ArchRule onlyTheseReadClocks(Class<?>... allowed) {
    return onlyTheseCall("read the machine's clock", CLOCKS, allowed);
  }

  /** Only the named classes (with their nested ones) make or use a source of randomness. */
  public static ArchRule onlyTheseMakeRandomness(Class<?>... allowed) {
    return onlyTheseCall("make randomness", RANDOM_SOURCES, allowed);
  }

  /** Only the named classes load or call native code themselves. */
  public static ArchRule onlyTheseBindNativeCode(Class<?>... allowed) {
    return onlyTheseCall("bind native code", NATIVE_CODE, allowed);
  }

  /** Packages with classes but without a {@code package-info} that says {@link NullMarked}. */
  public static Set<String> packagesWithoutInfo(JavaClasses classes) {
    Set<String> packages = new TreeSet<>();
    Set<String> described = new TreeSet<>();
    for (JavaClass type : classes) {
      if (!type.getSimpleName().equals("package-info")) {
        packages.add(type.getPackageName());
      } else if (type.isAnnotatedWith(NullMarked.class)) {
        described.add(type.getPackageName());
      }
    }
    packages.removeAll(described);
    return packages;
  }

  private static ArchRule onlyTheseCall(String what, Set<String> targets, Class<?>... allowed) {
    List<String> names = Arrays.stream(allowed).map(Class::getName).toList();
    Predicate<JavaClass> isAllowed =
        type ->
            names.stream()
                .anyMatch(name -> type.getName().equals(name) || inside(type.getName(), name));
    return classes()
        .should(
            new ArchCondition<JavaClass>("not " + what + " unless among " + names) {
              @Override
              public void check(JavaClass type, ConditionEvents events) {
                if (!isAllowed.test(type)) {
                  accesses(type)
                      .filter(access -> targets.contains(targetName(access)))
                      .forEach(access -> events.add(violated(type, access.getDescription())));
                }
              }
            });
  }

  private static Stream<JavaCodeUnitAccess<?>> accesses(JavaClass type) {
    return Stream.of(
            type.getCodeUnitCallsFromSelf().stream(), type.getCodeUnitReferencesFromSelf().stream())
        .flatMap(stream -> stream);
  }

  private static String targetName(JavaCodeUnitAccess<?> access) {
    return access.getTargetOwner().getName() + "." + access.getTarget().getName();
  }

  private static boolean inside(String name, String outer) {
    return name.startsWith(outer + "$");
  }

  private static boolean startsWithOne(String name, String... prefixes) {
    return Arrays.stream(prefixes).anyMatch(name::startsWith);
  }
}
