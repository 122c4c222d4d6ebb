package io.adaspec.runtime.text;

import java.util.List;
import java.util.Map;

/**
 * The prompt format of a chat model: messages to one text. Thread-safe.
 *
 * <p>Values in {@code messages} and {@code extras} are maps, lists, strings, numbers, booleans and
 * nulls, as parsed from JSON; anything else is refused.
 */
public interface ChatTemplate {
  /**
   * The prompt of a conversation. Time, output and nesting are bounded.
   *
   * @param messages each with at least {@code role} and {@code content}
   * @param addGenerationPrompt whether to append the beginning of the assistant's answer
   * @param extras further variables, such as {@code tools}
   * @throws ChatTemplateException if the template refuses the messages or fails
   */
  String render(
      List<Map<String, Object>> messages, boolean addGenerationPrompt, Map<String, Object> extras);
}
