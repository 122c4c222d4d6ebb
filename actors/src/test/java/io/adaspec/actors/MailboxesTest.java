package io.adaspec.actors;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.junit.jupiter.api.Test;

class MailboxesTest {
  @Test
  void messagesBehindTheOneInHandAreCounted() throws InterruptedException {
    ActorTestKit kit = ActorTestKit.create();
    CountDownLatch inHand = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    try {
      ActorRef<String> actor =
          kit.spawn(
              Behaviors.receiveMessage(
                  message -> {
                    inHand.countDown();
                    goOn.await();
                    return Behaviors.same();
                  }));
      actor.tell("in hand");
      inHand.await();
      assertThat(Mailboxes.messages(actor)).isZero();
      actor.tell("waits");
      actor.tell("waits too");
      assertThat(Mailboxes.messages(actor)).isEqualTo(2);
    } finally {
      goOn.countDown();
      kit.shutdownTestKit();
    }
  }

  @Test
  void thoseOfTheWholeEngineAreInItsStatus() {
    try (EngineFixture fixture = new EngineFixture()) {
      Engine engine = fixture.engine(TestDevice.running(EngineFixture.SIM));
      fixture.awaitStatus(
          engine,
          status ->
              status.ready()
                  && status
                      .mailboxes()
                      .keySet()
                      .equals(
                          Set.of(
                              "batching",
                              "supervisor",
                              "device " + status.devices().getFirst().name())));
    }
  }
}
