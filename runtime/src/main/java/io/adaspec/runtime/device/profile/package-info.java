/**
 * Measures what steps cost on a device and keeps the result on disk. Main types: {@link
 * io.adaspec.runtime.device.profile.DeviceProfiler}, {@link
 * io.adaspec.runtime.device.profile.ProfileCache}. Works on any device, by running steps.
 */
@NullMarked
package io.adaspec.runtime.device.profile;

import org.jspecify.annotations.NullMarked;
