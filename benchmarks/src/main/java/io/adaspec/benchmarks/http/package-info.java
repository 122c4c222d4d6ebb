/**
 * What a client of the HTTP server sees of speculation. Main type: {@link
 * io.adaspec.benchmarks.http.HttpSpeculationCommand}. Starts servers as processes of their own.
 */
@NullMarked
package io.adaspec.benchmarks.http;

import org.jspecify.annotations.NullMarked;
