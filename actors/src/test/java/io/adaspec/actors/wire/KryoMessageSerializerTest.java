package io.adaspec.actors.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.esotericsoftware.kryo.io.Output;
import com.typesafe.config.ConfigFactory;
import io.adaspec.actors.EngineProtocol;
import io.adaspec.actors.EngineStatus;
import io.adaspec.actors.FailureReason;
import io.adaspec.actors.GenerationSummary;
import io.adaspec.actors.Refusal;
import io.adaspec.actors.SloAttainment;
import io.adaspec.actors.TokenEvent;
import io.adaspec.actors.WireMessage;
import io.adaspec.actors.WorkerProtocol;
import io.adaspec.runtime.request.FinishReason;
import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.request.Penalties;
import io.adaspec.runtime.request.RequestId;
import io.adaspec.runtime.request.SamplingParams;
import io.adaspec.runtime.request.ServiceClass;
import io.adaspec.runtime.request.SloTarget;
import io.adaspec.runtime.request.SpeculationPreference;
import io.adaspec.runtime.request.TokenIds;
import io.adaspec.runtime.speculation.ClassPolicies;
import io.adaspec.runtime.speculation.ClassPolicy;
import io.adaspec.runtime.speculation.DrafterKind;
import io.adaspec.runtime.speculation.PolicySnapshot;
import io.adaspec.runtime.speculation.Verifier;
import io.adaspec.runtime.speculation.control.ControlInputs;
import io.adaspec.runtime.speculation.control.ControlReason;
import io.adaspec.runtime.speculation.control.ControlReport;
import java.io.NotSerializableException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.serialization.Serialization;
import org.apache.pekko.serialization.SerializationExtension;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class KryoMessageSerializerTest {
  private static final RequestId ID = new RequestId("request-1");
  private static final PolicySnapshot POLICY =
      new PolicySnapshot(7, "threshold:0.4", DrafterKind.NGRAM, 5, Verifier.COUPLED)
          .withClasses(
              ClassPolicies.open()
                  .with(ServiceClass.BATCH, new ClassPolicy(DrafterKind.NONE, 3, true, false)));

  private static ActorTestKit kit;
  private static Serialization serialization;
  private static KryoMessageSerializer serializer;

  @BeforeAll
  static void start() {
    kit = ActorTestKit.create(ConfigFactory.load());
    serialization = SerializationExtension.get(kit.system());
    serializer = new KryoMessageSerializer((ExtendedActorSystem) Adapter.toClassic(kit.system()));
  }

  @AfterAll
  static void stop() {
    kit.shutdownTestKit();
  }

  private static <T> ActorRef<T> ref(Class<T> type) {
    TestProbe<T> probe = kit.createTestProbe(type);
    return probe.ref();
  }

  private static InferenceRequest request(int promptTokens) {
    return InferenceRequest.builder(
            "request-1", TokenIds.of(IntStream.range(0, promptTokens).toArray()), 99, 123456789L)
        .stopTokens(TokenIds.of(2, 128_009))
        .stopStrings(List.of("\n\n", "ende 😀"))
        .sampling(
            new SamplingParams(0.8f, 40, 0.95f, 0.05f, -17)
                .with(new Penalties(1.1f, -0.5f, 2, Map.of(7, -100f, 128_009, 0.25f))))
        .serviceClass(ServiceClass.INTERACTIVE)
        .slo(new SloTarget(300_000_000L, SloTarget.NONE))
        .speculation(new SpeculationPreference(SpeculationPreference.Mode.AUTO, 4))
        .cacheSalt("tenant")
        .build();
  }

  private static GenerationSummary summary() {
    return new GenerationSummary(
        ID,
        FinishReason.STOP,
        20,
        16,
        9,
        12,
        7,
        5,
        1,
        2,
        3,
        4,
        ServiceClass.BATCH,
        SloTarget.none());
  }

  private static EngineStatus status() {
    return new EngineStatus(
        true,
        false,
        "",
        List.of(
            new EngineStatus.DeviceStatus(
                "cpu",
                "a processor",
                true,
                EngineStatus.DeviceState.READY,
                "",
                3,
                1,
                640,
                12,
                4,
                320,
                7,
                1)),
        3,
        1,
        2,
        4_000_000_000L,
        POLICY,
        new SloAttainment(
            Map.of(ServiceClass.BATCH, new SloAttainment.Share(9, 8, 900, 800)),
            Duration.ofHours(1),
            Map.of(),
            Duration.ofMinutes(1)),
        new ControlReport(
            true,
            List.of(
                new ControlReport.OfClass(
                    ServiceClass.BATCH,
                    DrafterKind.NGRAM,
                    3,
                    true,
                    false,
                    12,
                    ControlReason.OVERLOAD,
                    5_000_000_000L,
                    new ControlInputs(8, 30.5, 0.7, 0.1, true, 0.9, 0.98, 0.9, 1.1, 0.4, 0.06),
                    new ControlInputs(
                        1, 0, 0, 0, false, 1, Double.NaN, Double.NaN, 0, Double.NaN, 0)))),
        Map.of("batching", 2, "device cpu", 1));
  }

  /** One of each kind and more. */
  private static Stream<WireMessage> samples() {
    Refusal refusal =
        new Refusal(
            Refusal.Reason.TOO_LATE, "too late", Duration.ofMillis(1500), Duration.ofSeconds(2));
    EngineProtocol.Generate generate =
        new EngineProtocol.Generate(request(40_000), ref(EngineProtocol.Delivery.class), 8);
    return Stream.of(
        generate,
        new EngineProtocol.Started(ID, ref(EngineProtocol.Control.class)),
        new EngineProtocol.Delivered(
            ID, 1, new TokenEvent.Tokens("größe 😀", TokenIds.of(0, 1, 31_999), 17)),
        new EngineProtocol.Delivered(ID, 2, new TokenEvent.Finished(FinishReason.STOP, summary())),
        new EngineProtocol.Refused(ID, refusal),
        new EngineProtocol.Failed(ID, FailureReason.GIVEN_UP, ""),
        new EngineProtocol.Demand(Long.MAX_VALUE),
        new EngineProtocol.Cancel(),
        new WorkerProtocol.Submit(generate, 12),
        new WorkerProtocol.GetStatus(ref(WorkerProtocol.Reply.class)),
        new WorkerProtocol.ApplyPolicy(POLICY, ref(WorkerProtocol.Reply.class)),
        new WorkerProtocol.Status(status()),
        new WorkerProtocol.PolicyApplied(POLICY),
        new WorkerProtocol.Rejected("no"));
  }

  private static Stream<Class<?>> leaves(Class<?> type) {
    return type.isSealed()
        ? Stream.of(type.getPermittedSubclasses()).flatMap(KryoMessageSerializerTest::leaves)
        : Stream.of(type);
  }

  @Test
  void everyWireMessageComesBackEqual() throws NotSerializableException {
    Set<Class<?>> missing = new HashSet<>(leaves(WireMessage.class).toList());
    for (WireMessage message : samples().toList()) {
      byte[] bytes = serializer.toBinary(message);
      assertThat(serializer.fromBinary(bytes, serializer.manifest(message))).isEqualTo(message);
      missing.remove(message.getClass());
    }
    assertThat(missing).as("wire messages without a sample").isEmpty();
  }

  @Test
  void pekkoFindsTheSerializerForEveryWireMessage() {
    samples()
        .forEach(
            message ->
                assertThat(serialization.findSerializerFor(message))
                    .isInstanceOf(KryoMessageSerializer.class));
  }

  /** The ids are a promise to nodes of other versions: this list may only grow. */
  @Test
  void idsStayAsTheyAre() {
    assertThat(serializer.manifest(new EngineProtocol.Demand(1))).isEqualTo("115");
    assertThat(serializer.manifest(new WorkerProtocol.Rejected(""))).isEqualTo("122");
    assertThat(serializer.manifest(new EngineProtocol.Failed(ID, FailureReason.INTERNAL, "")))
        .isEqualTo("123");
    assertThat(WireTypes.MESSAGES.keySet())
        .containsExactlyInAnyOrderElementsOf(
            Stream.of(ids(111, 113), ids(115, 116), ids(118, 119), ids(121, 126))
                .flatMap(List::stream)
                .toList());
    assertThat(WireTypes.RECORDS.keySet())
        .containsExactlyInAnyOrderElementsOf(
            Stream.of(ids(140, 141), ids(143, 144), ids(146, 149), ids(152, 154), ids(156, 164))
                .flatMap(List::stream)
                .toList());
    assertThat(WireTypes.ENUMS.keySet()).containsExactlyInAnyOrderElementsOf(ids(180, 188));
  }

  private static List<Integer> ids(int first, int last) {
    return IntStream.rangeClosed(first, last).boxed().toList();
  }

  /** As it stood when the first version was released; a class that grows needs a new id. */
  @Test
  void readsBytesOfTheFirstVersion() throws NotSerializableException {
    byte[] demand = {5 << 1};
    assertThat(serializer.fromBinary(demand, "115")).isEqualTo(new EngineProtocol.Demand(5));
    assertThat(serializer.toBinary(new EngineProtocol.Demand(5))).isEqualTo(demand);
  }

  @Test
  void refusesUnknownManifestsAndClassIdsWithoutMakingAnything() {
    byte[] bytes = serializer.toBinary(new EngineProtocol.Demand(5));
    for (String manifest : List.of("", "1", "140", "999", "java.lang.ProcessBuilder")) {
      assertThatThrownBy(() -> serializer.fromBinary(bytes, manifest))
          .isInstanceOf(NotSerializableException.class)
          .hasMessageContaining("unknown wire id");
    }
    assertThatThrownBy(() -> serializer.fromBinary(delivered(777), "112"))
        .isInstanceOf(NotSerializableException.class)
        .hasMessageContaining("777");
    assertThatThrownBy(() -> serializer.fromBinary(delivered(154), "112"))
        .as("a known class in the wrong place")
        .isInstanceOf(NotSerializableException.class);
  }

  /** A {@code Delivered} whose event claims to be of another class. */
  private static byte[] delivered(int eventClassId) {
    Output output = new Output(64);
    output.writeVarInt(eventClassId + 2, true);
    output.writeBytes(new byte[20]);
    return output.toBytes();
  }

  @Test
  void refusesAMessageWithAMissingPart() {
    assertThatThrownBy(() -> serializer.fromBinary(new byte[] {0}, "121"))
        .isInstanceOf(NotSerializableException.class)
        .hasMessageContaining("without policy");
  }

  @Test
  void refusesClassesThatAreNoWireMessages() {
    assertThatThrownBy(() -> serializer.manifest("text"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("WireTypes");
  }

  @Test
  void refusesWhatIsLongerThanAllowed() throws NotSerializableException {
    EngineProtocol.Generate large =
        new EngineProtocol.Generate(request(200_000), ref(EngineProtocol.Delivery.class), 1);
    assertThatThrownBy(() -> serializer.toBinary(large))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("max-message-bytes");
    assertThatThrownBy(() -> serializer.fromBinary(new byte[1 << 20], "124"))
        .isInstanceOf(NotSerializableException.class);
    byte[] bytes = serializer.toBinary(new EngineProtocol.Demand(5));
    assertThat(serializer.fromBinary(bytes, "115")).as("works on").isNotNull();
  }

  @Test
  void survivesAnyDamageWithinBoundedMemory() {
    Random random = new Random(11);
    for (WireMessage message : samples().toList()) {
      byte[] whole = serializer.toBinary(message);
      String manifest = serializer.manifest(message);
      for (int round = 0; round < 300; round++) {
        byte[] damaged = whole.clone();
        int changes = 1 + random.nextInt(4);
        for (int i = 0; i < changes && damaged.length > 0; i++) {
          damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
        }
        byte[] cut =
            random.nextBoolean()
                ? damaged
                : java.util.Arrays.copyOf(damaged, random.nextInt(damaged.length + 1));
        try {
          assertThat(serializer.fromBinary(cut, manifest)).isInstanceOf(WireMessage.class);
        } catch (NotSerializableException expected) {
          assertThat(expected.getMessage()).isNotBlank();
        }
      }
    }
  }
}
