/**
 * What a client asks for, as validated records. Main type: {@link InferenceRequest}. Imported by
 * every layer above.
 */
@NullMarked
package io.adaspec.runtime.request;

import org.jspecify.annotations.NullMarked;
