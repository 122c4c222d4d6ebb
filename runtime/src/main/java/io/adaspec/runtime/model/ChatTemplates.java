package io.adaspec.runtime.model;

import io.adaspec.runtime.text.ChatTemplate;
import io.adaspec.runtime.text.ChatTemplateException;
import io.adaspec.runtime.text.ChatTemplateException.Reason;
import io.adaspec.runtime.text.JinjaChatTemplate;
import io.adaspec.runtime.time.CalendarClock;

/** Makes chat templates of what model files state. */
final class ChatTemplates {
  private ChatTemplates() {}

  /**
   * The template of that source. One that cannot be used says so when it is used: the model serves
   * everything else.
   */
  static ChatTemplate of(String source, String bosToken, String eosToken) {
    try {
      return new JinjaChatTemplate(source, bosToken, eosToken, CalendarClock.system());
    } catch (IllegalArgumentException e) {
      String message = String.valueOf(e.getMessage());
      return (messages, addGenerationPrompt, extras) -> {
        throw new ChatTemplateException(Reason.FAILED, message, e);
      };
    }
  }
}
