package io.adaspec.api.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.adaspec.runtime.device.sim.SimulatedDeviceProvider;
import io.adaspec.runtime.request.ServiceClass;
import io.adaspec.runtime.request.SloTarget;
import io.adaspec.runtime.speculation.BatchView;
import io.adaspec.runtime.speculation.ControllerState;
import io.adaspec.runtime.speculation.DrafterKind;
import io.adaspec.runtime.speculation.PayingDrafters;
import io.adaspec.runtime.speculation.PolicySnapshot;
import io.adaspec.runtime.speculation.StepDecision;
import io.adaspec.runtime.speculation.StepExplanation;
import io.adaspec.runtime.speculation.StepReport;
import io.adaspec.runtime.speculation.Verifier;
import io.adaspec.runtime.speculation.WaitingView;
import io.adaspec.runtime.speculation.log.LoggedStep;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExplainTextTest {
  private static final long SEQUENCE = 7;

  private static StepReport report() {
    StepReport.Drafted drafted =
        new StepReport.Drafted(
            SEQUENCE,
            DrafterKind.MODEL,
            2,
            1,
            1,
            2,
            new float[] {0.9f, 0.4f},
            new float[2],
            Double.NaN);
    return new StepReport(
        3,
        1,
        "slo",
        0,
        2e6,
        2_000_000,
        1_900_000,
        500_000,
        1_400_000,
        2,
        33,
        0,
        2,
        0,
        0,
        2,
        0,
        List.of(drafted));
  }

  /** What is said of a step of a text of 531 tokens. */
  private static LoggedStep step(int draftLag, int draftStart) {
    BatchView.Entry entry =
        new BatchView.Entry(
            SEQUENCE,
            530,
            1,
            true,
            8,
            draftLag,
            draftStart,
            20,
            ServiceClass.STANDARD,
            SloTarget.none(),
            0,
            100,
            false,
            Double.NaN,
            DrafterKind.MODEL,
            PayingDrafters.ALL);
    return new LoggedStep(
        "cpu",
        new StepDecision(
            WaitingView.empty(),
            new BatchView(List.of(entry)),
            new PolicySnapshot(1, "slo", DrafterKind.MODEL, 4, Verifier.COUPLED),
            SimulatedDeviceProvider.openSimulated("sim:tiny").cost(),
            0),
        report());
  }

  private static StepExplanation why(LoggedStep step) {
    return StepExplanation.of(ControllerState.initial(), step.decision(), step.report());
  }

  private static String text(LoggedStep step) {
    return ExplainText.of(step, why(step));
  }

  @Test
  void saysWhatTheDraftModelReadAndWhatItHasNotSeen() {
    assertThat(text(step(32, 499)))
        .contains("32 tokens that the draft model has not read")
        .contains(
            "sequence 7: model drafted 2, verified 1, accepted 1, emitted 2;"
                + " confidence 0.90 0.40; draft model read 32 tokens first;"
                + " drafts without the first 499 of 531 tokens");
  }

  @Test
  void saysNothingOfReadingWhereTheDraftModelHasKeptUp() {
    assertThat(text(step(1, 0))).doesNotContain("read").doesNotContain("without the first");
  }

  @Test
  void whatIsNoDecisionLogIsRefusedWithItsName(@TempDir Path folder) throws IOException {
    Path file = Files.writeString(folder.resolve("notes.txt"), "no log");

    assertThat(CommandRun.of("explain", file.toString()).err())
        .contains("notes.txt is no decision log");
    assertThat(CommandRun.of("explain", folder.resolve("none").toString()).err())
        .contains("LOG: there is no file or folder");
  }

  @Test
  void totalsAreSentences() {
    LoggedStep step = step(1, 0);
    ReplayTotals totals = new ReplayTotals();
    totals.add(step, why(step));

    assertThat(totals.text())
        .contains("1 steps, 1 of them with drafts; 2 output tokens in 0.002 s")
        .contains("1 draft tokens verified, 1 accepted; predictions off by 0.0 % in the median");
  }
}
