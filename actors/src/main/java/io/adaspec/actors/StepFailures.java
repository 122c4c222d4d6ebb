package io.adaspec.actors;

import io.adaspec.runtime.device.DeviceException;

/**
 * How often in a row steps of one device failed for their own sake, over all times it was opened.
 * One request that breaks every step is given up before its device is opened again; a model that
 * fails with every request is loaded anew once, and then the device is lost, with the reason. Used
 * by the thread of the device.
 */
final class StepFailures {
  /** One more than a single request is allowed. */
  static final int REOPEN = FailedSteps.MOST + 1;

  static final int MOST = 2 * REOPEN;

  private int inRow;

  /** A step went well. */
  void worked() {
    inRow = 0;
  }

  /** Counts a failure of a step. Returns it, or the graver one that it is taken for. */
  DeviceException failed(DeviceException failure) {
    if (!failure.ofStep()) {
      return failure;
    }
    inRow++;
    if (inRow >= MOST) {
      return DeviceException.permanentFailure(
          inRow
              + " steps in a row failed although the model was loaded anew; check the model's file;"
              + " the last failure: "
              + failure.getMessage(),
          failure);
    }
    return inRow == REOPEN
        ? DeviceException.transientFailure(String.valueOf(failure.getMessage()), failure)
        : failure;
  }
}
