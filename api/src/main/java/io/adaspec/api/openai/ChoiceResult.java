package io.adaspec.api.openai;

import io.adaspec.actors.GenerationSummary;
import io.adaspec.runtime.request.FinishReason;

/**
 * One finished output.
 *
 * @param text whole text
 * @param reason why it ended
 * @param summary what it cost
 */
public record ChoiceResult(String text, FinishReason reason, GenerationSummary summary) {}
