package io.adaspec.runtime.speculation.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.adaspec.runtime.device.sim.SimulatedDevice;
import io.adaspec.runtime.device.sim.SimulatedDeviceProvider;
import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.request.ServiceClass;
import io.adaspec.runtime.request.SloTarget;
import io.adaspec.runtime.request.TokenIds;
import io.adaspec.runtime.scheduler.Scheduler;
import io.adaspec.runtime.scheduler.SchedulerLimits;
import io.adaspec.runtime.scheduler.StepOutcome;
import io.adaspec.runtime.scheduler.WaitingQueue;
import io.adaspec.runtime.speculation.CostProfile;
import io.adaspec.runtime.speculation.DrafterKind;
import io.adaspec.runtime.speculation.PolicySnapshot;
import io.adaspec.runtime.speculation.StepExplanation;
import io.adaspec.runtime.speculation.Verifier;
import io.adaspec.runtime.step.StepPlan;
import io.adaspec.runtime.step.StepResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DecisionLogTest {
  @TempDir private Path folder;

  /** All steps of a busy scheduler, with a change of policy in the middle. */
  private static List<LoggedStep> steps() {
    SimulatedDevice device = SimulatedDeviceProvider.openSimulated("sim:tiny");
    WaitingQueue waiting = new WaitingQueue(1000, 1_000_000);
    Scheduler scheduler =
        new Scheduler(
            device.info(),
            waiting,
            SchedulerLimits.defaults(),
            policy(1, "slo"),
            CostProfile.of(device.cost()));
    List<LoggedStep> steps = new ArrayList<>();
    long now = -5_000;
    for (int request = 0; request < 12; request++) {
      int[] prompt = IntStream.range(0, 20 + request).map(i -> i * 7 % 50).toArray();
      waiting.submit(
          InferenceRequest.builder("r" + request, TokenIds.of(prompt), 200, now + request)
              .serviceClass(request % 3 == 0 ? ServiceClass.BATCH : ServiceClass.STANDARD)
              .slo(request % 2 == 0 ? SloTarget.none() : new SloTarget(50_000_000, 5_000_000))
              .build());
    }
    for (Optional<StepPlan> plan = scheduler.schedule(now);
        plan.isPresent();
        plan = scheduler.schedule(now)) {
      StepResult result = device.execute(plan.get());
      now += result.timing().totalNanos();
      StepOutcome outcome = scheduler.commit(result, now);
      steps.add(new LoggedStep("sim:tiny", outcome.decision(), outcome.report()));
      if (steps.size() == 60) {
        scheduler.apply(policy(2, "adaspec"));
      }
    }
    return steps;
  }

  private static PolicySnapshot policy(long version, String strategy) {
    return new PolicySnapshot(version, strategy, DrafterKind.MODEL, 8, Verifier.COUPLED);
  }

  private Path write(List<LoggedStep> steps) throws IOException {
    Path file = folder.resolve("steps.log");
    try (DecisionLogWriter writer = new DecisionLogWriter(file)) {
      for (LoggedStep step : steps) {
        writer.write(step);
      }
    }
    return file;
  }

  private static List<LoggedStep> read(Path file) throws IOException {
    List<LoggedStep> steps = new ArrayList<>();
    try (DecisionLogReader reader = new DecisionLogReader(file)) {
      reader.next().ifPresent(steps::add);
      for (Optional<LoggedStep> next = reader.next(); next.isPresent(); next = reader.next()) {
        steps.add(next.get());
      }
    }
    return steps;
  }

  @Test
  void aReplayDecidesEveryStepAsItWasDecided() throws IOException {
    List<LoggedStep> steps = steps();
    Path file = write(steps);
    List<LoggedStep> logged = read(file);
    assertThat(logged).hasSameSizeAs(steps);
    DecisionReplay replay = new DecisionReplay();
    int speculative = 0;
    for (int i = 0; i < logged.size(); i++) {
      StepExplanation why = replay.next(logged.get(i));
      assertThat(why.same()).as("step %s", i).isTrue();
      assertThat(why.alternatives()).hasSize(9);
      assertThat(logged.get(i).report().totalNanos()).isEqualTo(steps.get(i).report().totalNanos());
      assertThat(logged.get(i).decision().policy()).isEqualTo(steps.get(i).decision().policy());
      speculative += logged.get(i).report().draftedTokens() > 0 ? 1 : 0;
    }
    assertThat(speculative).isGreaterThan(20);
    assertThat(Files.size(file) / steps.size()).as("bytes per step of 12").isLessThan(600);
  }

  @Test
  void aLogThatWasCutShortEndsAtItsLastWholeStep() throws IOException {
    List<LoggedStep> steps = steps();
    Path file = write(steps);
    byte[] bytes = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(bytes, bytes.length / 2));
    assertThat(read(file)).hasSizeBetween(1, steps.size() - 1);
  }

  @Test
  void anythingElseIsRefused() throws IOException {
    Path file = folder.resolve("other");
    Files.writeString(file, "no log");
    assertThatThrownBy(() -> new DecisionLogReader(file)).isInstanceOf(IOException.class);
  }
}
