package io.adaspec.runtime.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.adaspec.runtime.tensor.WeightFormat;
import io.adaspec.runtime.tensor.WeightRows;
import io.adaspec.runtime.tensor.WeightTensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files beyond 2 and 4 GiB, sparse: they take a few blocks of the disk. */
final class LargeFilesTest {
  private static final long ROWS = 9L << 20;
  private static final long FIRST_BYTES = 4 * ROWS * 128; // 4.5 GiB

  @TempDir Path folder;

  @Test
  void readsGgufTensorsBehindFourGibibytes() throws IOException {
    Path path = folder.resolve("large.gguf");
    ByteBuffer header = ByteBuffer.allocate(256).order(ByteOrder.LITTLE_ENDIAN);
    header.putInt(GgufHeader.MAGIC).putInt(3).putLong(2).putLong(0);
    entry(header, "a", 128, ROWS, 0);
    entry(header, "b", 8, 1, FIRST_BYTES);
    int dataOffset = Math.ceilDiv(header.position(), 32) * 32;
    writeSparse(path, header, dataOffset);
    try (GgufFile file = GgufFile.open(path)) {
      check(file.tensor("a"), file.tensor("b"));
    }
    truncate(path);
    assertThatThrownBy(() -> GgufFile.open(path))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("large.gguf: tensor b (F32 [1, 8])")
        .hasMessageContaining("beyond the end of the file");
  }

  @Test
  void readsSafetensorsBehindFourGibibytes() throws IOException {
    Path path = folder.resolve("model.safetensors");
    byte[] json =
        ("{\"a\":{\"dtype\":\"F32\",\"shape\":[%d,128],\"data_offsets\":[0,%d]},"
                + "\"b\":{\"dtype\":\"F32\",\"shape\":[1,8],\"data_offsets\":[%d,%d]}}")
            .formatted(ROWS, FIRST_BYTES, FIRST_BYTES, FIRST_BYTES + 32)
            .getBytes(StandardCharsets.UTF_8);
    ByteBuffer header = ByteBuffer.allocate(8 + json.length).order(ByteOrder.LITTLE_ENDIAN);
    header.putLong(json.length).put(json);
    writeSparse(path, header, header.position());
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      check(file.tensor("a"), file.tensor("b"));
    }
    truncate(path);
    assertThatThrownBy(() -> SafetensorsFile.open(path))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("model.safetensors: tensor b lies at " + FIRST_BYTES);
  }

  private static void check(WeightTensor first, WeightTensor second) {
    float[] row = new float[128];
    WeightRows.read(first, ROWS - 1, row, 0);
    assertThat(row).containsOnly(0).hasSize(128);
    assertThat(first.format()).isEqualTo(WeightFormat.F32);
    assertThat(WeightRows.vector(second)).containsExactly(1, 2, 3, 4, 5, 6, 7, 8);
  }

  /** The header, 4.5 GiB of nothing, and the numbers 1 to 8. */
  private static void writeSparse(Path path, ByteBuffer header, int dataOffset) throws IOException {
    try (SeekableByteChannel channel =
        Files.newByteChannel(
            path,
            Set.of(
                StandardOpenOption.CREATE_NEW,
                StandardOpenOption.WRITE,
                StandardOpenOption.SPARSE))) {
      channel.write(header.flip());
      ByteBuffer numbers = ByteBuffer.allocate(32).order(ByteOrder.LITTLE_ENDIAN);
      for (int i = 1; i <= 8; i++) {
        numbers.putFloat(i);
      }
      channel.position(dataOffset + FIRST_BYTES);
      channel.write(numbers.flip());
    }
  }

  private static void truncate(Path path) throws IOException {
    try (SeekableByteChannel channel = Files.newByteChannel(path, StandardOpenOption.WRITE)) {
      channel.truncate(channel.size() - 4);
    }
  }

  private static void entry(ByteBuffer out, String name, long columns, long rows, long offset) {
    out.putLong(name.length()).put(name.getBytes(StandardCharsets.UTF_8));
    out.putInt(2).putLong(columns).putLong(rows).putInt(0).putLong(offset);
  }
}
