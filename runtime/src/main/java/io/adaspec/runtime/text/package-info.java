/**
 * Text to token ids and back, chat templates. Main type: {@link Tokenizer}. Imported by model, api
 * and actors.
 *
 * <p>Vocabularies of GGUF files are encoded here, in time that grows as n log n at most. Those of
 * {@code tokenizer.json} go to a native library, which knows more kinds; but it ends the whole
 * process where a file or an expression is worse than it expects, so it sees checked parts only
 * ({@link io.adaspec.runtime.text.LibraryJson}). Tests hold the two against each other.
 */
@NullMarked
package io.adaspec.runtime.text;

import org.jspecify.annotations.NullMarked;
