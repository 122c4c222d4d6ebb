package io.adaspec.runtime.device.profile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.adaspec.runtime.device.sim.SimulatedDevice;
import io.adaspec.runtime.device.sim.SimulatedDeviceProvider;
import io.adaspec.runtime.speculation.CostModel;
import io.adaspec.runtime.speculation.CostProfile;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Profiles of devices whose costs are known. */
class DeviceProfilerTest {
  private static final Duration PLENTY = Duration.ofHours(1);

  @Test
  void findsTheCostsOfAKnownDevice() {
    for (String name : new String[] {"sim:tiny", "sim:cpu-110m", "sim:a100-vicuna-7b"}) {
      SimulatedDevice device = SimulatedDeviceProvider.openSimulated(name);
      CostModel truth = device.cost();
      CostProfile profile = new DeviceProfiler(device, PLENTY).measure();
      for (int rows : new int[] {1, 2, 5, 8, 30, 100}) {
        for (long context : new long[] {20, 400}) {
          double expected = truth.targetPassNanos(rows, rows * context);
          assertThat(profile.targetPassNanos(rows, rows * context))
              .as("%s: target, %s rows, %s context", name, rows, context)
              .isCloseTo(expected, within(0.1 * expected));
          double draft = truth.draftPassNanos(rows, rows * context);
          assertThat(profile.draftPassNanos(rows, rows * context))
              .as("%s: draft, %s rows, %s context", name, rows, context)
              .isCloseTo(draft, within(0.1 * draft));
        }
      }
      double overhead = truth.overheadNanos(10);
      assertThat(profile.overheadNanos(10)).isCloseTo(overhead, within(0.1 * overhead));
    }
  }

  /** A file may claim any context; what counts is the KV memory behind it. */
  @Test
  void measuresADeviceWhoseModelClaimsAnEndlessContext() {
    SimulatedDevice device =
        SimulatedDeviceProvider.openSimulated("sim:tiny,blocks=64,context=" + Integer.MAX_VALUE);
    CostProfile profile = new DeviceProfiler(device, PLENTY).measure();
    assertThat(profile.targetPassNanos(1, 20)).isPositive();
  }

  @Test
  void saysWhetherItsTimeSufficed() {
    SimulatedDevice device = SimulatedDeviceProvider.openSimulated("sim:cpu-110m");
    DeviceProfiler patient = new DeviceProfiler(device, PLENTY);
    patient.measure();
    assertThat(patient.measuredPoints()).isEqualTo(patient.points());
    DeviceProfiler hurried = new DeviceProfiler(device, Duration.ofMillis(200));
    hurried.measure();
    assertThat(hurried.measuredPoints()).isBetween(1, hurried.points() - 1);
  }
}
