package io.adaspec.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.apache.pekko.actor.ActorSystem;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PekkoSettingsTest {
  /** Layers of the library's server that hold back the end of a connection, as measured. */
  private static final int LAYERS = 10;

  private final ActorSystem system = ActorSystem.create("settings");

  @AfterEach
  void terminate() {
    system.terminate();
  }

  @Test
  void theEndOfAConnectionReachesItsRequestsWithinAFewSteps() {
    var settings = PekkoSettings.of(system, ServerSettings.defaults());
    assertThat(Duration.ofNanos(LAYERS * settings.getStreamCancellationDelay().toNanos()))
        .isLessThanOrEqualTo(Duration.ofMillis(100));
  }
}
