package io.adaspec.benchmarks.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.adaspec.runtime.tensor.WeightFormat;
import io.adaspec.runtime.tensor.WeightRows;
import io.adaspec.runtime.tensor.WeightTensor;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BlockEncoderTest {
  @ParameterizedTest
  @CsvSource({"F32, 0", "F16, 0.0005", "BF16, 0.008", "Q8_0, 0.005", "Q4_0, 0.13"})
  void whatIsReadBackIsCloseToWhatWasWritten(WeightFormat format, double relativeError) {
    float[] row = new float[96];
    new RandomRows(3).fill(1, 2, 1, row);
    byte[] bytes = new byte[Math.toIntExact(format.bytesOf(row.length))];
    BlockEncoder.encode(row, format, ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN));
    WeightTensor tensor = new WeightTensor("w", format, List.of(96L), MemorySegment.ofArray(bytes));
    float[] read = WeightRows.vector(tensor);
    double tolerance = Math.sqrt(3) * relativeError + 1e-9;
    for (int i = 0; i < row.length; i++) {
      assertThat((double) read[i]).isCloseTo(row[i], within(tolerance));
    }
  }
}
