package io.adaspec.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import io.adaspec.runtime.model.ForwardBatch;
import org.junit.jupiter.api.Test;

class PrefillStretchTest {
  private final ForwardBatch batch = new ForwardBatch();

  @Test
  void decodedAndVerifiedRowsAreNone() {
    decode();
    verify(5);
    verify(9);
    assertThat(PrefillStretch.of(batch, 1)).isEmpty();
  }

  @Test
  void aChunkCountsWithTheRowThatSamples() {
    chunk(6, false);
    assertThat(PrefillStretch.of(batch, 6)).contains(new PrefillStretch(0, 6, 6));
    chunk(4, true);
    assertThat(PrefillStretch.of(batch, 6)).contains(new PrefillStretch(0, 10, 10));
  }

  @Test
  void neighbouringPromptsAreOneStretchBehindWhatDecodes() {
    decode();
    verify(3);
    chunk(5, true);
    chunk(7, true);
    chunk(2, false);
    assertThat(PrefillStretch.of(batch, 14)).contains(new PrefillStretch(4, 18, 18));
    assertThat(PrefillStretch.of(batch, 15)).isEmpty();
  }

  @Test
  void theLongestOfSeveralIsTaken() {
    chunk(3, true);
    decode();
    chunk(5, true);
    decode();
    chunk(4, true);
    assertThat(PrefillStretch.of(batch, 2)).contains(new PrefillStretch(4, 9, 14));
  }

  @Test
  void draftsBehindAPromptAreVerifiedByOurKernels() {
    int[] table = {0};
    batch.addSequence(table);
    for (int i = 0; i < 8; i++) {
      batch.addRow(1, i, i >= 5);
    }
    chunk(4, true);
    PrefillStretch first = new PrefillStretch(0, 6, 12);
    assertThat(PrefillStretch.of(batch, 2)).contains(first);
    assertThat(first.after()).isEqualTo(6);
  }

  @Test
  void anEmptyPassHasNone() {
    assertThat(PrefillStretch.of(batch, 1)).isEmpty();
  }

  private void decode() {
    verify(1);
  }

  private void verify(int rows) {
    batch.addSequence(new int[] {0});
    for (int i = 0; i < rows; i++) {
      batch.addRow(1, i, true);
    }
  }

  private void chunk(int rows, boolean samples) {
    batch.addSequence(new int[] {0});
    for (int i = 0; i < rows; i++) {
      batch.addRow(1, i, samples && i == rows - 1);
    }
  }
}
