/**
 * How near a device comes to what it can do at best, with models of known shapes and random
 * weights: {@link io.adaspec.runtime.device.roofline.Roofline}. Imported by the command line.
 */
@NullMarked
package io.adaspec.runtime.device.roofline;

import org.jspecify.annotations.NullMarked;
