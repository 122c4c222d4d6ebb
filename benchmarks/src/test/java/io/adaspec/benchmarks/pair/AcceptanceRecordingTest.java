package io.adaspec.benchmarks.pair;

import static org.assertj.core.api.Assertions.assertThat;

import io.adaspec.runtime.step.SequenceResult;
import org.junit.jupiter.api.Test;

class AcceptanceRecordingTest {
  @Test
  void keepsWhatWasJudgedAndNothingBehindARejection() {
    AcceptanceRecording recording = new AcceptanceRecording();
    recording.add(result(7, 3, 1, 0.9f, 0.5f, 0.25f, 0.125f)); // the third was never reached
    recording.add(result(8, 0, 0, 0.75f)); // nothing was verified
    recording.add(result(7, 2, 2, 0.0625f, 1f));

    assertThat(recording.lines())
        .isEqualTo("{\"confidence\":[0.900,0.500,0.063,1.000],\"accepted\":[1,0,1,1]}\n");
    assertThat(recording.requests()).isEqualTo(1);
    assertThat(recording.judged()).isEqualTo(4);
  }

  private static SequenceResult result(
      long sequence, int verified, int accepted, float... confidences) {
    int drafted = confidences.length;
    return new SequenceResult(
        sequence,
        20,
        20,
        new int[accepted + 1],
        drafted,
        verified,
        accepted,
        confidences,
        new float[drafted]);
  }
}
