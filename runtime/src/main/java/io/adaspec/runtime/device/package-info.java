/**
 * Devices that execute steps, and how they are found. Main types: {@link Device}, {@link
 * DeviceProvider}.
 */
@NullMarked
package io.adaspec.runtime.device;

import org.jspecify.annotations.NullMarked;
