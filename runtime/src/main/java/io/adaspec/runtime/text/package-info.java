/**
 * Text to token ids and back, chat templates. Main type: {@link Tokenizer}. Imported by model, api
 * and actors.
 */
@NullMarked
package io.adaspec.runtime.text;

import org.jspecify.annotations.NullMarked;
