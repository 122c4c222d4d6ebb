/**
 * The server as a whole. Main type: {@link AdaSpecServer}, which wires the engine, the served model
 * and the settings to HTTP routes. Imported by the command line and by applications that embed the
 * server.
 */
@NullMarked
package io.adaspec.api;

import org.jspecify.annotations.NullMarked;
