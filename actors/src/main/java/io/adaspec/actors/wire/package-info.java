/**
 * Messages between nodes as bytes. Main type: {@link io.adaspec.actors.wire.KryoMessageSerializer},
 * which Pekko creates by configuration; imported by nobody.
 */
@NullMarked
package io.adaspec.actors.wire;

import org.jspecify.annotations.NullMarked;
