/**
 * What the engine does, as numbers for Prometheus. Main type: {@link EngineMetrics}. Imported by
 * {@code io.adaspec.api} and by applications that start an engine.
 */
@NullMarked
package io.adaspec.api.metrics;

import org.jspecify.annotations.NullMarked;
