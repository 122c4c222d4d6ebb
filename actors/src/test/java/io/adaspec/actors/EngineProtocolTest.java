package io.adaspec.actors;

import static io.adaspec.actors.EngineFixture.oracle;
import static io.adaspec.actors.EngineFixture.request;
import static org.assertj.core.api.Assertions.assertThat;

import io.adaspec.actors.EngineProtocol.Cancel;
import io.adaspec.actors.EngineProtocol.Delivered;
import io.adaspec.actors.EngineProtocol.Delivery;
import io.adaspec.actors.EngineProtocol.Demand;
import io.adaspec.actors.EngineProtocol.Generate;
import io.adaspec.actors.EngineProtocol.Refused;
import io.adaspec.actors.EngineProtocol.Started;
import io.adaspec.runtime.request.FinishReason;
import io.adaspec.runtime.request.InferenceRequest;
import java.time.Duration;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class EngineProtocolTest {
  private static EngineFixture fixture;

  @BeforeAll
  static void start() {
    fixture = new EngineFixture();
  }

  @AfterAll
  static void stop() {
    fixture.close();
  }

  @Test
  void deliversAsManyEventsAsThereIsCredit() {
    Engine engine = fixture.engine(TestDevice.running(EngineFixture.SIM));
    TestProbe<Delivery> consumer = fixture.kit.createTestProbe(Delivery.class);
    InferenceRequest request = request(engine, "r", 1, 300).build();
    engine.requests().tell(new Generate(request, consumer.ref(), 2));
    Started started = consumer.expectMessageClass(Started.class);
    StringBuilder text = new StringBuilder();
    long sequenceNumber = 0;
    boolean finished = false;
    while (!finished) {
      Delivered delivered = consumer.expectMessageClass(Delivered.class);
      assertThat(delivered.sequenceNumber()).isEqualTo(++sequenceNumber);
      switch (delivered.event()) {
        case TokenEvent.Tokens tokens -> text.append(tokens.text());
        case TokenEvent.Finished end -> finished = true;
      }
      if (sequenceNumber % 2 == 0 && !finished) {
        fixture.awaitStatus(engine, status -> status.paused() + status.running() <= 1 + 1);
        started.control().tell(new Demand(sequenceNumber + 2));
      }
    }
    assertThat(text.toString()).isEqualTo(oracle(request));
    consumer.expectNoMessage(Duration.ofMillis(50));
  }

  @Test
  void withoutCreditNothingIsDeliveredAndTheSequencePauses() {
    Engine engine = fixture.engine(TestDevice.running(EngineFixture.SIM));
    TestProbe<Delivery> consumer = fixture.kit.createTestProbe(Delivery.class);
    InferenceRequest request = request(engine, "r", 1, 300).build();
    engine.requests().tell(new Generate(request, consumer.ref(), 0));
    Started started = consumer.expectMessageClass(Started.class);
    fixture.awaitStatus(engine, status -> status.paused() == 1);
    consumer.expectNoMessage(Duration.ofMillis(20));
    started.control().tell(new Cancel());
    started.control().tell(new Demand(2));
    Delivered tokens = consumer.expectMessageClass(Delivered.class);
    assertThat(((TokenEvent.Tokens) tokens.event()).tokenIds().size()).isGreaterThanOrEqualTo(64);
    Delivered end = consumer.expectMessageClass(Delivered.class);
    assertThat(((TokenEvent.Finished) end.event()).reason()).isEqualTo(FinishReason.CANCELLED);
  }

  @Test
  void aConsumerThatDiesCancelsItsRequest() {
    TestDevice device = TestDevice.gated(EngineFixture.SIM);
    Engine engine = fixture.engine(device);
    TestProbe<Delivery> consumer = fixture.kit.createTestProbe(Delivery.class);
    engine.requests().tell(new Generate(request(engine, "r", 1, 300).build(), consumer.ref(), 100));
    fixture.awaitStatus(engine, status -> status.running() == 1);
    consumer.stop();
    device.allowAll();
    fixture.awaitStatus(engine, status -> status.running() == 0);
    assertThat(device.plans).hasSizeLessThan(300);
  }

  @Test
  void refusesByMessage() {
    Engine engine = fixture.engine(TestDevice.running(EngineFixture.SIM));
    TestProbe<Delivery> consumer = fixture.kit.createTestProbe(Delivery.class);
    InferenceRequest request =
        InferenceRequest.builder("long", EngineFixture.prompt(1024, 1), 5, 0).build();
    engine.requests().tell(new Generate(request, consumer.ref(), 1));
    consumer.expectMessageClass(Started.class);
    assertThat(consumer.expectMessageClass(Refused.class).refusal().neverFits()).isTrue();
  }
}
