/**
 * Bookkeeping of paged key/value memory. Main types: {@link KvGeometry}, {@code BlockPool}, {@link
 * LentBlocks}. Knows nothing of requests.
 */
@NullMarked
package io.adaspec.runtime.kvcache;

import org.jspecify.annotations.NullMarked;
