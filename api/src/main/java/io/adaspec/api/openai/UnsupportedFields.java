package io.adaspec.api.openai;

import static java.util.Map.entry;

import com.fasterxml.jackson.databind.JsonNode;
import io.adaspec.api.http.JsonFields;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Known fields that would change the answer and are not supported: those of OpenAI, vLLM,
 * llama.cpp, SGLang and TGI. They are refused by name unless their value asks for nothing. Fields
 * that nobody knows are ignored, as clients expect, and so are parameters of something that is
 * refused itself, such as {@code xtc_threshold}.
 */
public final class UnsupportedFields {
  /** Names that one server or another has for the output limit. */
  static final Set<String> OUTPUT_LIMITS =
      Set.of(
          "max_tokens",
          "max_completion_tokens",
          "max_output_tokens",
          "max_new_tokens",
          "max_length",
          "n_predict");

  private static final Predicate<JsonNode> ZERO = NeutralValue.number(0);
  private static final Predicate<JsonNode> ONE = NeutralValue.number(1);

  /**
   * Fields that choose tokens otherwise; with them belongs {@code best_of}, neutral at {@code n}.
   */
  private static final Map<String, Predicate<JsonNode>> SAMPLING =
      Map.ofEntries(
          entry("adaptive_target", NeutralValue::isNegative),
          entry("allowed_token_ids", NeutralValue::isEmpty),
          entry("bad_words", NeutralValue::isEmpty),
          entry("custom_logit_processor", NeutralValue::isEmpty),
          entry("do_sample", NeutralValue::isTrue),
          entry("dry_multiplier", ZERO),
          entry("dynatemp_max", ZERO),
          entry("dynatemp_min", ZERO),
          entry("dynatemp_range", ZERO),
          entry("epsilon_cutoff", ZERO),
          entry("eta_cutoff", ZERO),
          entry("length_penalty", ONE),
          entry("logits_processors", NeutralValue::isEmpty),
          entry("min_keep", NeutralValue::isOneOrLess),
          entry("mirostat", ZERO),
          entry("mirostat_mode", ZERO),
          entry("no_repeat_ngram_size", ZERO),
          entry("nsigma", NeutralValue::isZeroOrLess),
          entry("num_beams", ONE),
          entry("penalty_alpha", ZERO),
          entry("repeat_penalty", ONE),
          entry("repetition_detection", NeutralValue::isEmpty),
          entry("samplers", NeutralValue::isEmpty),
          entry("smoothing_factor", ZERO),
          entry("tfs", ONE),
          entry("tfs_z", ONE),
          entry("top_a", ZERO),
          entry("top_n_sigma", NeutralValue::isZeroOrLess),
          entry("typical_p", ONE),
          entry("use_beam_search", NeutralValue::isFalse),
          entry("vllm_xargs", NeutralValue::isEmpty),
          entry("watermark", NeutralValue::isFalse),
          entry("xtc_probability", ZERO));

  /** Fields that constrain the form of the output. */
  private static final Map<String, Predicate<JsonNode>> FORM =
      Map.ofEntries(
          entry("ebnf", NeutralValue::isEmpty),
          entry("format", NeutralValue::isEmpty),
          entry("grammar", NeutralValue::isEmpty),
          entry("guided_choice", NeutralValue::never),
          entry("guided_grammar", NeutralValue::never),
          entry("guided_json", NeutralValue::never),
          entry("guided_json_object", NeutralValue::isFalse),
          entry("guided_regex", NeutralValue::never),
          entry("json_schema", NeutralValue::never),
          entry("modalities", NeutralValue::isOnlyText),
          entry("n_indent", ZERO),
          entry("reasoning_effort", NeutralValue.text("none")),
          entry("regex", NeutralValue::isEmpty),
          entry("response_format", NeutralValue::isTextFormat),
          entry("structural_tag", NeutralValue::never),
          entry("structured_outputs", NeutralValue::isEmpty),
          entry("text", NeutralValue::isPlainText),
          entry("verbosity", NeutralValue.text("medium")));

  /** Fields that move the end of the output, or of the stream. */
  private static final Map<String, Predicate<JsonNode>> END =
      Map.ofEntries(
          entry("include_stop_str_in_output", NeutralValue::isFalse),
          entry("max_length", NeutralValue::never),
          entry("max_new_tokens", NeutralValue::never),
          entry("min_new_tokens", ZERO),
          entry("min_tokens", ZERO),
          entry("n_predict", NeutralValue.number(-1)),
          entry("no_stop_trim", NeutralValue::isFalse),
          entry("stop_regex", NeutralValue::isEmpty),
          entry("t_max_predict_ms", NeutralValue::isZeroOrLess),
          entry("thinking_token_budget", NeutralValue::never));

  /** Fields that change what the model reads. */
  private static final Map<String, Predicate<JsonNode>> INPUT =
      Map.ofEntries(
          entry("adapter_id", NeutralValue::isEmpty),
          entry("add_generation_prompt", NeutralValue::isTrue),
          entry("audio", NeutralValue::never),
          entry("background", NeutralValue::isFalse),
          entry("chat_template", NeutralValue::never),
          entry("context_management", NeutralValue::isEmpty),
          entry("continue_final_message", NeutralValue::isFalse),
          entry("conversation", NeutralValue::never),
          entry("documents", NeutralValue::isEmpty),
          entry("function_call", NeutralValue.text("none", "auto")),
          entry("functions", NeutralValue::isEmpty),
          entry("generate", NeutralValue::isTrue),
          entry("image_data", NeutralValue::isEmpty),
          entry("input_extra", NeutralValue::isEmpty),
          entry("input_ids", NeutralValue::never),
          entry("input_prefix", NeutralValue::isEmpty),
          entry("input_suffix", NeutralValue::isEmpty),
          entry("lora", NeutralValue::isEmpty),
          entry("lora_path", NeutralValue::isEmpty),
          entry("max_tool_calls", NeutralValue::never),
          entry("multi_modal_data", NeutralValue::isEmpty),
          entry("prompt_embeds", NeutralValue::never),
          entry("reasoning", NeutralValue::isNoReasoning),
          entry("suffix", NeutralValue::isEmpty),
          entry("tool_choice", NeutralValue.text("none", "auto")),
          entry("tools", NeutralValue::isEmpty),
          entry("truncate", NeutralValue::never),
          entry("truncate_prompt_tokens", NeutralValue::never),
          entry("truncation", NeutralValue.text("disabled")),
          entry("web_search_options", NeutralValue::never));

  /** Fields that ask for more in the answer, or for its text in another form. */
  private static final Map<String, Predicate<JsonNode>> ANSWER =
      Map.ofEntries(
          entry("decoder_input_details", NeutralValue::isFalse),
          entry("detokenize", NeutralValue::isTrue),
          entry("include", NeutralValue::isEmpty),
          entry("n_probs", ZERO),
          entry("prompt_logprobs", NeutralValue::never),
          entry("return_full_text", NeutralValue::isFalse),
          entry("return_hidden_states", NeutralValue::isFalse),
          entry("return_logprob", NeutralValue::isFalse),
          entry("return_token_ids", NeutralValue::isFalse),
          entry("return_tokens", NeutralValue::isFalse),
          entry("return_tokens_as_token_ids", NeutralValue::isFalse),
          entry("skip_special_tokens", NeutralValue::isTrue),
          entry("spaces_between_special_tokens", NeutralValue::isTrue),
          entry("top_logprobs", ZERO),
          entry("top_n_tokens", ZERO));

  private UnsupportedFields() {}

  /** Refuses the first such field of a request. */
  public static void refuse(JsonFields fields, Endpoint endpoint) {
    for (Map.Entry<String, JsonNode> field : fields.node().properties()) {
      String name = field.getKey();
      boolean refused =
          !field.getValue().isNull()
              && neutral(name, fields, endpoint)
                  .filter(it -> !it.test(field.getValue()))
                  .isPresent();
      if (refused) {
        throw fields.unsupported(
            name, "is not supported here with this value; " + endpoint.remedy(name));
      }
    }
  }

  private static Optional<Predicate<JsonNode>> neutral(
      String name, JsonFields fields, Endpoint endpoint) {
    if (name.equals("best_of")) {
      return Optional.of(NeutralValue.number(fields.raw("n").map(JsonNode::asDouble).orElse(1.0)));
    }
    return endpoint
        .neutral(name)
        .or(() -> Optional.ofNullable(SAMPLING.get(name)))
        .or(() -> Optional.ofNullable(FORM.get(name)))
        .or(() -> Optional.ofNullable(END.get(name)))
        .or(() -> Optional.ofNullable(INPUT.get(name)))
        .or(() -> Optional.ofNullable(ANSWER.get(name)));
  }
}
