/**
 * The command line: one class per command. Main type: {@link Main}. Imported by nobody; wires
 * runtime, actors and the HTTP server together.
 */
@NullMarked
package io.adaspec.api.cli;

import org.jspecify.annotations.NullMarked;
