/**
 * Completions, chat completions, models and tokenizing in the shapes that clients of the OpenAI
 * interface expect. Main types: {@link CompletionRoutes}, {@link ChatRoutes}. Imported by {@code
 * io.adaspec.api} and {@code io.adaspec.api.responses}.
 */
@NullMarked
package io.adaspec.api.openai;

import org.jspecify.annotations.NullMarked;
