/**
 * The engine as actors and streams, to be hosted in any actor system. Main type: {@link
 * io.adaspec.actors.Engine}. Turns messages into calls on {@code io.adaspec.runtime}; imported by
 * {@code api} and by embedding applications.
 */
@NullMarked
package io.adaspec.actors;

import org.jspecify.annotations.NullMarked;
