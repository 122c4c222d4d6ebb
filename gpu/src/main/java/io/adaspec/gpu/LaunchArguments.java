package io.adaspec.gpu;

import java.util.ArrayList;
import java.util.List;
import jcuda.Pointer;

/** The arguments of one kernel launch, in the order of its parameters. */
final class LaunchArguments {
  private final List<Pointer> values = new ArrayList<>();

  LaunchArguments add(DeviceBuffer buffer) {
    return addAddress(buffer.address());
  }

  /** A pointer to a byte of a buffer. */
  LaunchArguments add(DeviceBuffer buffer, long offset) {
    return addAddress(buffer.address(offset));
  }

  LaunchArguments add(int value) {
    values.add(Pointer.to(new int[] {value}));
    return this;
  }

  LaunchArguments add(float value) {
    values.add(Pointer.to(new float[] {value}));
    return this;
  }

  private LaunchArguments addAddress(long address) {
    values.add(Pointer.to(new long[] {address}));
    return this;
  }

  Pointer pointer() {
    return Pointer.to(values.toArray(Pointer[]::new));
  }
}
