package io.adaspec.api.openai;

import io.adaspec.api.http.JsonFields;

/**
 * What one request may ask for.
 *
 * @param maxChoices most outputs of one request, over all its prompts
 * @param maxPromptTokens longest prompt; the model's context limits it as well
 */
public record GenerationLimits(int maxChoices, int maxPromptTokens) {
  public GenerationLimits {
    if (maxChoices < 1 || maxPromptTokens < 1) {
      throw new IllegalArgumentException(
          "the limits must be positive, not "
              + maxChoices
              + " choices and "
              + maxPromptTokens
              + " prompt tokens");
    }
  }

  void checkChoices(JsonFields fields, int prompts, int choices) {
    if ((long) prompts * choices > maxChoices) {
      throw fields.invalid(
          prompts > 1 ? "prompt" : "n",
          "asks for " + (long) prompts * choices + " outputs at once; the limit is " + maxChoices);
    }
  }
}
