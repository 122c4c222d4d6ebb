package io.adaspec.runtime.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import io.adaspec.runtime.device.Device;
import io.adaspec.runtime.device.DeviceException;
import io.adaspec.runtime.device.DeviceSpec;
import io.adaspec.runtime.device.cpu.CpuDeviceProvider;
import io.adaspec.runtime.device.sim.SimulatedDeviceProvider;
import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.request.TokenIds;
import io.adaspec.runtime.scheduler.Scheduler;
import io.adaspec.runtime.scheduler.SchedulerLimits;
import io.adaspec.runtime.scheduler.WaitingQueue;
import io.adaspec.runtime.speculation.CostModel;
import io.adaspec.runtime.speculation.DrafterKind;
import io.adaspec.runtime.speculation.PolicySnapshot;
import io.adaspec.runtime.speculation.Verifier;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Damaged and hostile files end in one kind of error, whatever is wrong with them. */
final class DamagedFilesTest {
  private static final long[] NASTY = {
    0,
    1,
    -1,
    2,
    255,
    1L << 31,
    (1L << 31) - 1,
    0xFFFFFFFFL,
    1L << 32,
    1L << 40,
    1L << 62,
    Long.MAX_VALUE,
    Long.MIN_VALUE,
    Long.MAX_VALUE / 4,
    Long.MIN_VALUE / 32 * 31
  };

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private static final CostModel COST = SimulatedDeviceProvider.openSimulated("sim:tiny").cost();

  @TempDir Path folder;

  @Test
  @Timeout(120)
  void mutatedHeadersNeverDoMoreThanRefuse() throws IOException {
    byte[] sound = sound();
    int headerBytes = headerBytes(sound);
    SplittableRandom random = new SplittableRandom(20260307);
    int refused = 0;
    for (int round = 0; round < 600; round++) {
      byte[] damaged = sound.clone();
      int changes = 1 + random.nextInt(3);
      for (int change = 0; change < changes; change++) {
        mutate(damaged, random.nextInt(headerBytes - 8), random);
      }
      refused += refuses(damaged) ? 1 : 0;
    }
    assertThat(refused).isBetween(100, 600);
  }

  /** The header of a trained model, 4,096 tokens and their merges included. */
  @Test
  @Timeout(120)
  void theBundledModelMutatedNeverDoesMoreThanRefuse() throws IOException {
    byte[] sound =
        Files.readAllBytes(SharedAssets.bundled("models/storyteller/storyteller-draft-q8_0.gguf"));
    SplittableRandom random = new SplittableRandom(20260308);
    int refused = 0;
    for (int round = 0; round < 200; round++) {
      byte[] damaged = sound.clone();
      for (int change = 0; change <= round % 3; change++) {
        int metadataOrTensors = round % 2 == 0 ? 1200 : sound.length - 410_000;
        mutate(damaged, random.nextInt(metadataOrTensors), random);
      }
      refused += refuses(damaged) ? 1 : 0;
    }
    assertThat(refused).isBetween(20, 200);
  }

  @Test
  void everyTruncationIsRefused() throws IOException {
    byte[] sound = sound();
    int headerBytes = headerBytes(sound);
    for (int length = 0; length < headerBytes; length += 13) {
      assertThat(refuses(Arrays.copyOf(sound, length))).as("cut to %d bytes", length).isTrue();
    }
    assertThat(refuses(Arrays.copyOf(sound, sound.length - 64))).isTrue();
    assertThat(refuses(sound)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(longs = {1L << 24, 1L << 33, 1L << 61, Long.MAX_VALUE, -1})
  void hugeCountsInATinyFileAllocateNothing(long count) throws IOException {
    ByteBuffer tensors = header(count, 0);
    assertRefused(tensors, "tensor count");
    ByteBuffer keys = header(0, count);
    assertRefused(keys, "metadata key count");
    ByteBuffer array = header(0, 1);
    text(array, "tokenizer.ggml.tokens").putInt(9).putInt(8).putLong(count);
    assertRefused(array, "element count of tokenizer.ggml.tokens");
    ByteBuffer numbers = header(0, 1);
    text(numbers, "tokenizer.ggml.scores").putInt(9).putInt(6).putLong(count);
    assertRefused(numbers, "element count of tokenizer.ggml.scores");
    ByteBuffer string = header(0, 1);
    text(string, "general.architecture").putInt(8).putLong(count);
    assertRefused(string, "general.architecture");
    ByteBuffer key = header(0, 1);
    key.putLong(count);
    assertRefused(key, "metadata key 0");
  }

  @ParameterizedTest
  @CsvSource({
    "4294967296,4294967296,0,0",
    "9223372036854775807,1,0,0",
    "4611686018427387904,4,0,0",
    "0,1,0,0",
    "33,1,8,0",
    "8,8,0,9223372036854775776",
    "8,8,0,-32",
    "8,8,0,7",
    "8,8,0,1048576"
  })
  void tensorsThatDoNotFitAreRefused(long columns, long rows, int type, long offset)
      throws IOException {
    ByteBuffer file = header(1, 0);
    text(file, "t").putInt(2).putLong(columns).putLong(rows).putInt(type).putLong(offset);
    assertThat(refuses(bytes(file))).isTrue();
  }

  @Test
  void namesThatAppearTwiceAreRefused() throws IOException {
    ByteBuffer keys = header(0, 2);
    text(keys, "a").putInt(4).putInt(1);
    text(keys, "a").putInt(4).putInt(2);
    assertRefused(keys, "metadata key a appears twice");
    ByteBuffer tensors = header(2, 0);
    text(tensors, "t").putInt(1).putLong(8).putInt(0).putLong(0);
    text(tensors, "t").putInt(1).putLong(8).putInt(0).putLong(32);
    assertRefused(tensors, "tensor t appears twice");
  }

  @Test
  void nestedArraysAreBounded() throws IOException {
    ByteBuffer file = header(0, 1);
    text(file, "a").putInt(9);
    for (int depth = 0; depth < 40; depth++) {
      file.putInt(9).putLong(1);
    }
    assertRefused(file, "nests arrays more than 3 deep");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 3, 33, -32, 1 << 30})
  void alignmentIsAPowerOfTwo(int alignment) throws IOException {
    ByteBuffer file = header(0, 1);
    text(file, "general.alignment").putInt(5).putInt(alignment);
    assertRefused(file, "general.alignment is " + alignment);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 4, 0x03000000, -1})
  void otherVersionsAreRefused(int version) throws IOException {
    ByteBuffer file = header(0, 0);
    file.putInt(4, version);
    assertThat(refuses(bytes(file))).isTrue();
  }

  @Test
  void valuesOfTheWrongTypeAreNamed() throws IOException {
    Path path = TinyModels.write(new GgufWriter().put("general.architecture", 7), folder);
    assertThatThrownBy(() -> ModelFiles.openWeights(path))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("general.architecture is UINT32, not STRING");
  }

  private static void mutate(byte[] bytes, int at, SplittableRandom random) {
    ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    long nasty = NASTY[random.nextInt(NASTY.length)];
    switch (random.nextInt(5)) {
      case 0 -> bytes[at] = (byte) random.nextInt(256);
      case 1 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
      case 2 -> buffer.putInt(at, (int) nasty);
      case 3 -> buffer.putLong(at, nasty);
      default -> buffer.putLong(at, random.nextLong());
    }
  }

  /**
   * Whether opening fails as it should; any other failure fails the test, and so does taking more
   * heap than 64 MiB and 50 times the file.
   */
  private boolean refuses(byte[] file) throws IOException {
    Path path = folder.resolve("damaged.gguf");
    Files.write(path, file);
    long before = THREADS.getCurrentThreadAllocatedBytes();
    boolean refused = refuses(path);
    long allocated = THREADS.getCurrentThreadAllocatedBytes() - before;
    assertThat(allocated).isLessThan((64 << 20) + 50L * file.length);
    return refused;
  }

  private static boolean refuses(Path path) throws IOException {
    try (LoadedModel model = ModelFiles.open(path)) {
      model.tokenizer().decode(model.tokenizer().encode("abc ab \ud83e\ude9c", true, true));
      computes(model);
      return false;
    } catch (ModelFormatException e) {
      assertThat(e).message().startsWith("damaged.gguf: ");
      return true;
    }
  }

  /** What parses may still be no model; a device computes with it or refuses it clearly. */
  private static void computes(LoadedModel model) {
    DeviceSpec spec =
        new DeviceSpec("cpu", Optional.of(model.forDevice()), Optional.empty(), 1, 1 << 20, 16, 16);
    try (Device device = new CpuDeviceProvider().open(spec)) {
      WaitingQueue waiting = new WaitingQueue(1, 100);
      PolicySnapshot plain = new PolicySnapshot(1, "off", DrafterKind.NONE, 0, Verifier.COUPLED);
      Scheduler scheduler =
          new Scheduler(device.info(), waiting, new SchedulerLimits(1, 16, 4), plain, COST);
      waiting.submit(InferenceRequest.builder("r", TokenIds.of(1, 2, 3), 2, 0).build());
      scheduler.schedule(0).ifPresent(plan -> scheduler.commit(device.execute(plan), 1));
    } catch (DeviceException e) {
      assertThat(e).message().isNotBlank();
      assertThat(e.getCause())
          .isNotInstanceOfAny(
              IndexOutOfBoundsException.class,
              NullPointerException.class,
              ArithmeticException.class,
              IllegalStateException.class);
    }
  }

  private void assertRefused(ByteBuffer file, String message) throws IOException {
    Path path = folder.resolve("damaged.gguf");
    Files.write(path, bytes(file));
    assertThatThrownBy(() -> ModelFiles.open(path))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining(message);
  }

  private byte[] sound() throws IOException {
    return Files.readAllBytes(TinyModels.write(TinyModels.llama(tensor -> true), folder));
  }

  private int headerBytes(byte[] sound) throws IOException {
    long weights;
    try (ModelWeights model = ModelFiles.openWeights(folder.resolve("tiny.gguf"))) {
      weights = model.weights().bytes();
    }
    return Math.toIntExact(sound.length - weights - 32);
  }

  /** A header with room behind it. */
  private static ByteBuffer header(long tensors, long keys) {
    byte[] bytes = new byte[1024];
    ByteBuffer file = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    return file.putInt(GgufHeader.MAGIC).putInt(3).putLong(tensors).putLong(keys);
  }

  private static ByteBuffer text(ByteBuffer file, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return file.putLong(bytes.length).put(bytes);
  }

  private static byte[] bytes(ByteBuffer file) {
    byte[] bytes = new byte[file.capacity()];
    file.get(0, bytes);
    return bytes;
  }
}
