package io.adaspec.runtime.speculation.control;

import static io.adaspec.runtime.request.ServiceClass.BATCH;
import static io.adaspec.runtime.request.ServiceClass.INTERACTIVE;
import static io.adaspec.runtime.request.ServiceClass.STANDARD;
import static org.assertj.core.api.Assertions.assertThat;

import io.adaspec.runtime.request.ServiceClass;
import io.adaspec.runtime.speculation.ClassPolicies;
import io.adaspec.runtime.speculation.ClassPolicy;
import io.adaspec.runtime.speculation.DrafterKind;
import io.adaspec.runtime.speculation.PolicySnapshot;
import io.adaspec.runtime.speculation.Verifier;
import java.util.EnumMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PolicyControllerTest {
  private static final double NONE = Double.NaN;

  private static Looks slo() {
    return new Looks(PolicyController.begin(policy("slo"), 0));
  }

  private static PolicySnapshot policy(String strategy) {
    return new PolicySnapshot(7, strategy, DrafterKind.MODEL, 8, Verifier.COUPLED);
  }

  private static DrafterKind drafter(Looks looks, ServiceClass of) {
    return looks.controller.policy().drafter(of);
  }

  @Test
  void leavesDraftersAloneThatGain() {
    Looks looks = slo().load(4, 0).decodes(STANDARD, 4, 0.4).seconds(60);

    assertThat(looks.controller.policy()).isEqualTo(policy("slo"));
    assertThat(looks.report(STANDARD).reason()).isEqualTo(ControlReason.POLICY_SET);
    assertThat(looks.report(STANDARD).now().gain()).isCloseTo(1.4, within(1e-6));
  }

  @Test
  void restsTheModelOfTheClassForWhichItSurelyLoses() {
    Looks looks = slo().decodes(STANDARD, 4, -0.1).decodes(BATCH, 4, 0.4).seconds(3);

    assertThat(drafter(looks, STANDARD)).isEqualTo(DrafterKind.NGRAM);
    assertThat(drafter(looks, BATCH)).isEqualTo(DrafterKind.MODEL);
    assertThat(looks.controller.policy().version()).isEqualTo(8);
    assertThat(looks.report(STANDARD).reason()).isEqualTo(ControlReason.DRAFTS_LOSE);
    assertThat(looks.report(STANDARD).then().gainHigh()).isLessThan(1);
    assertThat(looks.report(STANDARD).switches()).isEqualTo(1);
  }

  @Test
  void restsLookupsThatLoseToo() {
    Looks looks = slo().decodes(STANDARD, 4, -0.1).seconds(3).looksUp(STANDARD, -0.1).seconds(3);

    assertThat(drafter(looks, STANDARD)).isEqualTo(DrafterKind.NONE);
    assertThat(looks.controller.policy().draftCap(STANDARD)).isZero();
  }

  @Test
  void underOverloadDraftsMustProveThemselves() {
    Looks calm = slo().load(8, 0).decodes(STANDARD, 4, 0).seconds(3);
    Looks loaded = slo().load(8, 30).decodes(STANDARD, 4, 0).seconds(3);
    Looks gaining = slo().load(8, 30).decodes(STANDARD, 4, 0.2).seconds(10);

    assertThat(drafter(calm, STANDARD)).isEqualTo(DrafterKind.MODEL);
    assertThat(drafter(loaded, STANDARD)).isEqualTo(DrafterKind.NGRAM);
    assertThat(loaded.report(STANDARD).reason()).isEqualTo(ControlReason.OVERLOAD);
    assertThat(drafter(gaining, STANDARD)).isEqualTo(DrafterKind.MODEL);
  }

  @Test
  void restsWhatTheStrategyHardlyUses() {
    Looks looks = slo().load(8, 0).decodes(STANDARD, 4, NONE).seconds(9);
    assertThat(drafter(looks, STANDARD)).isEqualTo(DrafterKind.MODEL);

    looks.seconds(2);

    assertThat(drafter(looks, STANDARD)).isNotEqualTo(DrafterKind.MODEL);
    assertThat(looks.report(STANDARD).reason()).isEqualTo(ControlReason.DRAFTS_IDLE);
    assertThat(looks.seconds(600).report(STANDARD).switches()).isLessThan(60);
  }

  @Test
  void comesBackWhenTheOverloadIsOver() {
    Looks looks = slo().load(8, 8).decodes(STANDARD, 4, 0).seconds(3);
    assertThat(drafter(looks, STANDARD)).isEqualTo(DrafterKind.NGRAM);

    looks.load(8, 0).decodes(STANDARD, 4, 0.2).seconds(4);

    assertThat(drafter(looks, STANDARD)).isEqualTo(DrafterKind.MODEL);
    assertThat(looks.report(STANDARD).reason()).isEqualTo(ControlReason.LOAD_FELL);
  }

  @Test
  void triesTheModelAgainAtOnceWhenAStepHoldsHalfAsMany() {
    Looks looks = slo().load(32, 0).decodes(STANDARD, 4, -0.1).seconds(3);
    assertThat(drafter(looks, STANDARD)).isEqualTo(DrafterKind.NGRAM);

    looks.load(4, 0).decodes(STANDARD, 4, 0.2).seconds(2);

    assertThat(drafter(looks, STANDARD)).isEqualTo(DrafterKind.MODEL);
  }

  @Test
  void failuresUnderLoadDoNotDelayATrialWithoutIt() {
    Looks looks = slo().load(32, 0).decodes(STANDARD, 4, -0.1).seconds(60);
    for (int i = 0; i < 100 && drafter(looks, STANDARD) == DrafterKind.MODEL; i++) {
      looks.look(25);
    }
    assertThat(drafter(looks, STANDARD)).isEqualTo(DrafterKind.NGRAM);

    looks.load(4, 0).decodes(STANDARD, 4, 0.2).seconds(2);

    assertThat(drafter(looks, STANDARD)).isEqualTo(DrafterKind.MODEL);
    assertThat(looks.report(STANDARD).reason()).isEqualTo(ControlReason.LOAD_FELL);
  }

  @Test
  void exploresAfterARestThatGrowsWithEveryFailure() {
    Looks looks = slo().decodes(STANDARD, 4, -0.1);
    long resting = 0;
    for (int i = 0; i < 4 * 300; i++) {
      boolean rests = drafter(looks, STANDARD) != DrafterKind.MODEL;
      looks.decodes(STANDARD, 4, rests ? NONE : -0.1);
      looks.look(25);
      resting += rests ? 1 : 0;
    }
    assertThat(resting / 1200.0).isGreaterThan(0.85);
    assertThat(looks.report(STANDARD).switches()).isBetween(16L, 40L);

    looks.decodes(STANDARD, 4, 0.3).seconds(25);
    assertThat(drafter(looks, STANDARD)).as("it pays at last").isEqualTo(DrafterKind.MODEL);
  }

  @Test
  void stepsThatWerePredictedBadlyProveNothing() {
    Looks looks = slo().predictionError(0.8).decodes(STANDARD, 4, -0.3).seconds(20);

    assertThat(drafter(looks, STANDARD)).isEqualTo(DrafterKind.MODEL);
  }

  @Test
  void shortensDraftsOfLowerClassesWhileAHigherOneIsLateAndGivesThemBack() {
    Looks looks = slo().decodes(INTERACTIVE, 2, 0.3).decodes(BATCH, 4, 0.1).seconds(3);
    PolicySnapshot shortened = looks.controller.policy();
    assertThat(shortened.draftCap(BATCH)).isBetween(1, 4);
    assertThat(shortened.draftCap(INTERACTIVE)).isEqualTo(8);
    assertThat(looks.report(BATCH).reason()).isEqualTo(ControlReason.HIGHER_CLASS_LATE);

    looks.decodes(INTERACTIVE, 4, 0.3).seconds(60);

    assertThat(looks.controller.policy().draftCap(BATCH)).isEqualTo(8);
    assertThat(looks.report(BATCH).reason()).isEqualTo(ControlReason.PACE_REGAINED);
  }

  @Test
  void draftsThatWereShortenedUnderLoadAreSoOnlyUnderLoad() {
    Looks looks = slo().load(64, 0).decodes(INTERACTIVE, 2, 0.3).decodes(BATCH, 4, 0.1).seconds(4);
    int cut = looks.controller.policy().draftCap(BATCH);
    assertThat(cut).isLessThan(4);

    looks.load(2, 0).decodes(INTERACTIVE, 4, 0.3).decodes(BATCH, 4, 0.1);
    for (int i = 0; i < 40 && looks.controller.policy().draftCap(BATCH) <= 2 * cut; i++) {
      looks.look(25);
    }
    assertThat(looks.controller.policy().draftCap(BATCH)).isEqualTo(8);
    assertThat(looks.report(BATCH).reason()).isEqualTo(ControlReason.LOAD_FELL);

    looks.load(64, 0).decodes(INTERACTIVE, 4, 0.3).decodes(BATCH, 4, 0.1).seconds(2);
    assertThat(looks.controller.policy().draftCap(BATCH)).isLessThanOrEqualTo(2 * cut);
    assertThat(looks.report(BATCH).reason()).isEqualTo(ControlReason.LOAD_RETURNED);
  }

  @Test
  void leavesDraftsLongThatGainMuchForAll() {
    Looks looks = slo().decodes(INTERACTIVE, 2, 0.3).decodes(BATCH, 4, 0.5).seconds(10);

    assertThat(looks.controller.policy().draftCap(BATCH)).isEqualTo(8);
  }

  @Test
  void leavesAloneWhatTheOperatorFixed() {
    ClassPolicy fixed = new ClassPolicy(DrafterKind.MODEL, 6, true, true);
    Looks looks =
        new Looks(
            PolicyController.begin(
                policy("slo").withClasses(ClassPolicies.open().with(BATCH, fixed)), 0));

    looks.decodes(INTERACTIVE, 0, 0.3).decodes(BATCH, 4, -0.3).seconds(60);

    assertThat(looks.controller.policy().classes().of(BATCH)).isEqualTo(fixed);
    PolicySnapshot handedBack = looks.controller.policy().withClasses(ClassPolicies.open());
    looks.controller = looks.controller.withPolicy(handedBack, looks.nowNanos);
    looks.seconds(5);
    assertThat(drafter(looks, BATCH)).isNotEqualTo(DrafterKind.MODEL);
  }

  @ParameterizedTest
  @ValueSource(strings = {"off", "fixed:3", "adaspec"})
  void takesOtherStrategiesAtTheirWord(String strategy) {
    Looks looks = new Looks(PolicyController.begin(policy(strategy), 0));

    looks.load(8, 30).decodes(INTERACTIVE, 0, -0.3).decodes(BATCH, 4, -0.3).seconds(30);

    assertThat(looks.controller.policy()).isEqualTo(policy(strategy));
    assertThat(looks.controller.report(0).automatic()).isFalse();
  }

  @Test
  void aPolicyThatIsSetAnewStartsWithNothingTakenAway() {
    Looks looks = slo().decodes(STANDARD, 4, -0.1).seconds(3);
    assertThat(drafter(looks, STANDARD)).isEqualTo(DrafterKind.NGRAM);

    looks.controller = looks.controller.withPolicy(looks.controller.policy(), looks.nowNanos);

    assertThat(looks.controller.policy()).isEqualTo(policy("slo").withVersion(9));
  }

  /** Ten minutes of whatever happens: gains, queues, sequences and paces at random. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void neverFlaps(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    Looks looks = slo();
    Map<ServiceClass, Long> changedNanos = new EnumMap<>(ServiceClass.class);
    for (int i = 0; i < 4 * 600; i++) {
      for (ServiceClass each : ServiceClass.values()) {
        looks.decodes(each, random.nextInt(5), random.nextDouble(-0.5, 0.5));
      }
      looks.load(random.nextInt(1, 64), random.nextInt(64));
      PolicySnapshot before = looks.controller.policy();
      looks.look(random.nextInt(40));
      for (ServiceClass each : ServiceClass.values()) {
        if (before.drafter(each) != drafter(looks, each)) {
          assertThat(looks.nowNanos - changedNanos.getOrDefault(each, 0L))
              .isGreaterThanOrEqualTo(Rest.DWELL_NANOS);
          changedNanos.put(each, looks.nowNanos);
        }
      }
    }
    for (ServiceClass each : ServiceClass.values()) {
      assertThat(looks.report(each).switches()).isLessThanOrEqualTo(150);
    }
  }

  /** Gains around nothing, measured with noise, and a steady load. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void noiseAroundNoGainHardlyMovesIt(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    Looks looks = slo().load(8, 0);
    for (int i = 0; i < 4 * 600; i++) {
      looks.decodes(STANDARD, 4, random.nextDouble(-0.2, 0.21));
      looks.look(25);
    }
    assertThat(looks.report(STANDARD).switches()).isLessThanOrEqualTo(4);
  }

  private static org.assertj.core.data.Offset<Double> within(double offset) {
    return org.assertj.core.data.Offset.offset(offset);
  }
}
