package io.adaspec.actors;

import io.adaspec.actors.EngineSettings.StreamSettings;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;

/**
 * Keeps a sequence no further ahead of its consumer than allowed: pauses it at the high-water mark
 * of undelivered tokens, resumes it at the low one, and gives up a consumer that takes nothing for
 * too long. The stall timer runs only while the consumer has something to take and the sequence
 * does not advance, so a token on its way touches no timer. Not thread-safe.
 */
final class ConsumerPace {
  private final StreamSettings settings;
  private final TimerScheduler<RequestActor.Command> timers;
  private final RequestActor.Command stalled;
  private boolean paused;
  private boolean watching;

  /**
   * @param stalled what the request's actor is told when its consumer stands still
   */
  ConsumerPace(
      StreamSettings settings,
      TimerScheduler<RequestActor.Command> timers,
      RequestActor.Command stalled) {
    this.settings = settings;
    this.timers = timers;
    this.stalled = stalled;
  }

  /** What a sequence is to do. */
  enum Change {
    NONE,
    PAUSE,
    RESUME
  }

  /**
   * Looks at the request after something was emitted or taken.
   *
   * @param undelivered tokens that wait for the consumer
   * @param ended whether no more will be emitted
   * @param consumed whether the consumer has just shown life
   */
  Change next(int undelivered, boolean ended, boolean consumed) {
    Change change = Change.NONE;
    if (!paused && !ended && undelivered >= settings.pauseTokens()) {
      paused = true;
      change = Change.PAUSE;
    } else if (paused && undelivered <= settings.resumeTokens()) {
      paused = false;
      change = Change.RESUME;
    }
    watch(paused || ended, consumed);
    return change;
  }

  private void watch(boolean waits, boolean consumed) {
    if (waits && (consumed || !watching)) {
      timers.startSingleTimer(stalled, stalled, settings.stallTimeout());
    } else if (!waits && watching) {
      timers.cancel(stalled);
    }
    watching = waits;
  }
}
