package io.adaspec.actors;

import io.adaspec.actors.EngineStatus.DeviceStatus;
import io.adaspec.actors.RequestActor.Broken;
import java.util.List;
import java.util.stream.Collectors;

/** The words of failures of requests that were taken. */
final class Failures {
  private Failures() {}

  static Broken drainTimeOver() {
    return new Broken(
        FailureReason.SHUTDOWN,
        "the engine is shutting down and its time to drain is over; send the request again");
  }

  static Broken stillLoading() {
    return new Broken(
        FailureReason.SHUTDOWN,
        "the engine is shutting down before any of its devices is ready; send the request again");
  }

  static Broken engineStopped() {
    return new Broken(
        FailureReason.SHUTDOWN, "the engine has stopped; send the request again when it is back");
  }

  static Broken schedulerRestarted() {
    return new Broken(
        FailureReason.SCHEDULER_RESTARTED,
        "the scheduler failed and has started anew, the log says why; send the request again");
  }

  static Broken devicesLost(List<DeviceStatus> devices) {
    return new Broken(
        FailureReason.DEVICES_LOST,
        "all devices are lost, start the engine again; "
            + devices.stream()
                .map(device -> device.name() + ": " + device.detail())
                .collect(Collectors.joining("; ")));
  }

  static Broken givenUp(String reason) {
    return new Broken(
        FailureReason.GIVEN_UP,
        "given up after "
            + FailedSteps.MOST
            + " failed steps in a row; the last one because: "
            + reason);
  }

  /**
   * @param capacityTokens what the largest device left holds
   */
  static Broken outgrown(int capacityTokens) {
    return new Broken(
        FailureReason.NEVER_FITS,
        "its tokens exceed the KV memory of the devices that are left, which hold less than "
            + capacityTokens
            + "; send a shorter prompt or bring the larger device back");
  }

  static Broken undecodable(String id, RuntimeException cause) {
    return new Broken(
        FailureReason.INTERNAL, "output of request " + id + " could not be decoded: " + cause);
  }
}
