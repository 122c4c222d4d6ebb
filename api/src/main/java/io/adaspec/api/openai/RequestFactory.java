package io.adaspec.api.openai;

import io.adaspec.api.http.ApiError;
import io.adaspec.api.http.ApiException;
import io.adaspec.api.http.Exchange;
import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.request.Penalties;
import io.adaspec.runtime.request.SamplingParams;
import io.adaspec.runtime.request.TokenIds;
import io.adaspec.runtime.text.ChatTemplate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeSet;
import java.util.function.LongSupplier;

/**
 * Turns prompts and options into requests for the engine: templates, tokenizing, limits of the
 * model. Thread-safe; its cost grows with the prompt, so it runs on worker threads.
 */
public final class RequestFactory {
  private final ServedModel model;
  private final GenerationLimits limits;
  private final boolean isolatePrincipals;
  private final LongSupplier seeds;

  /**
   * Makes requests for one model.
   *
   * @param isolatePrincipals whether prefix-cache entries are shared only within one principal
   * @param seeds seeds for requests without one
   */
  public RequestFactory(
      ServedModel model, GenerationLimits limits, boolean isolatePrincipals, LongSupplier seeds) {
    this.model = model;
    this.limits = limits;
    this.isolatePrincipals = isolatePrincipals;
    this.seeds = seeds;
  }

  public ServedModel model() {
    return model;
  }

  /** Refuses any model but the served one. */
  public void checkModel(Optional<String> asked) {
    if (asked.isPresent() && !asked.get().equals(model.name())) {
      throw new ApiException(
          ApiError.request(
              404,
              "model_not_found",
              "this model is not served here; the served model is '" + model.name() + "'"));
    }
  }

  /** Token ids of a prompt. */
  int[] tokens(Prompt prompt) {
    return switch (prompt) {
      case Prompt.Text text -> model.tokenizer().encode(text.text(), true, true);
      case Prompt.Tokens tokens -> checked(tokens.ids());
    };
  }

  /**
   * Token ids of a conversation, up to where the assistant's answer begins.
   *
   * @param templateArguments further variables of the chat template
   */
  int[] conversation(List<Map<String, Object>> messages, Map<String, Object> templateArguments) {
    ChatTemplate template =
        model
            .chatTemplate()
            .orElseThrow(
                () ->
                    new ApiException(
                        ApiError.request(
                            400,
                            "no_chat_template",
                            "the model '"
                                + model.name()
                                + "' has no chat template; use /v1/completions")));
    // The template writes the control tokens itself, the beginning-of-text token included.
    return model
        .tokenizer()
        .encode(template.render(messages, true, templateArguments), false, true);
  }

  /**
   * Token ids of a conversation; a model without a chat template continues the plain text of all
   * messages.
   */
  public int[] conversationOrText(List<Map<String, Object>> messages) {
    if (model.chatTemplate().isPresent()) {
      return conversation(messages, Map.of());
    }
    StringBuilder text = new StringBuilder();
    messages.forEach(message -> text.append(message.get("content")));
    return model.tokenizer().encode(text.toString(), true, true);
  }

  /**
   * One request for each prompt and choice, in this order; sampling noise differs between the
   * choices of a prompt.
   *
   * @param id of the answer
   * @param endpoint what the fields are called, and the output limit of requests without one
   */
  public List<InferenceRequest> create(
      String id,
      List<int[]> prompts,
      int choices,
      OptionalInt maxTokens,
      Endpoint endpoint,
      GenerationOptions options,
      Exchange exchange) {
    requireKnown(options.penalties());
    long seed = options.seed().isPresent() ? options.seed().getAsLong() : seeds.getAsLong();
    List<InferenceRequest> requests = new ArrayList<>();
    for (int[] prompt : prompts) {
      int outputTokens = outputLimit(prompt.length, maxTokens, endpoint);
      for (int choice = 0; choice < choices; choice++) {
        SamplingParams sampling =
            new SamplingParams(
                options.temperature(),
                options.topK(),
                options.topP(),
                options.minP(),
                seed + choice,
                options.penalties());
        requests.add(
            InferenceRequest.builder(
                    id + "-" + requests.size(),
                    TokenIds.of(prompt),
                    outputTokens,
                    exchange.arrivalNanos())
                .stopTokens(stopTokens(options))
                .stopStrings(options.stopStrings())
                .sampling(sampling)
                .serviceClass(options.tier().serviceClass())
                .slo(options.slo())
                .speculation(options.speculation())
                .cacheSalt(cacheSalt(options, exchange))
                .build());
      }
    }
    return List.copyOf(requests);
  }

  /** A caller's salt parts its own entries; it never opens those of another principal. */
  private String cacheSalt(GenerationOptions options, Exchange exchange) {
    String principal = isolatePrincipals ? exchange.principal().name() : "";
    return options.cacheSalt().isEmpty() ? principal : principal + '\n' + options.cacheSalt();
  }

  private TokenIds stopTokens(GenerationOptions options) {
    TreeSet<Integer> ids = new TreeSet<>(options.stopTokens());
    if (!options.ignoreEos()) {
      ids.addAll(model.tokenizer().eosIds());
    }
    return TokenIds.of(ids.stream().mapToInt(Integer::intValue).toArray());
  }

  private int outputLimit(int promptTokens, OptionalInt maxTokens, Endpoint endpoint) {
    if (promptTokens == 0) {
      throw new ApiException(ApiError.invalid(endpoint.promptField(), "the prompt has no tokens"));
    }
    int longest = Math.min(limits.maxPromptTokens(), model.contextTokens() - 1);
    if (promptTokens > longest) {
      throw tooLong(
          "the prompt has "
              + promptTokens
              + " tokens; the longest prompt is "
              + longest
              + " tokens");
    }
    int room = model.contextTokens() - promptTokens;
    if (maxTokens.isPresent() && maxTokens.getAsInt() > room) {
      throw tooLong(
          "the prompt has "
              + promptTokens
              + " tokens and "
              + endpoint.outputLimit()
              + " is "
              + maxTokens.getAsInt()
              + "; together they must not exceed the context of "
              + model.contextTokens()
              + " tokens");
    }
    return maxTokens.orElse(Math.min(room, endpoint.defaultOutputTokens()));
  }

  private static ApiException tooLong(String message) {
    return new ApiException(ApiError.request(400, "context_length_exceeded", message));
  }

  private void requireKnown(Penalties penalties) {
    int size = model.tokenizer().vocabularySize();
    for (int token : penalties.logitBias().keySet()) {
      if (token >= size) {
        throw new ApiException(
            ApiError.invalid(
                PenaltyFields.LOGIT_BIAS,
                "the field '"
                    + PenaltyFields.LOGIT_BIAS
                    + "' names token "
                    + token
                    + ", and the vocabulary has "
                    + size
                    + " tokens; /tokenize tells the ids of a text"));
      }
    }
  }

  private int[] checked(int[] ids) {
    int size = model.tokenizer().vocabularySize();
    for (int id : ids) {
      if (id < 0 || id >= size) {
        throw new ApiException(
            ApiError.invalid(
                "prompt", "token id " + id + " is outside the vocabulary of " + size + " tokens"));
      }
    }
    return ids;
  }
}
