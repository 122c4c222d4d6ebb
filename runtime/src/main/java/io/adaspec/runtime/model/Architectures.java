package io.adaspec.runtime.model;

import static io.adaspec.runtime.model.TensorRule.Presence.ALWAYS;
import static io.adaspec.runtime.model.TensorRule.Presence.ATTENTION_BIAS;
import static io.adaspec.runtime.model.TensorRule.Presence.QUERY_KEY_NORM;
import static io.adaspec.runtime.model.TensorRule.Presence.UNTIED_HEAD;
import static io.adaspec.runtime.model.TensorRule.Size.FEED_FORWARD;
import static io.adaspec.runtime.model.TensorRule.Size.HEAD;
import static io.adaspec.runtime.model.TensorRule.Size.HIDDEN;
import static io.adaspec.runtime.model.TensorRule.Size.KEY_VALUE;
import static io.adaspec.runtime.model.TensorRule.Size.QUERY;
import static io.adaspec.runtime.model.TensorRule.Size.VOCABULARY;

import io.adaspec.runtime.model.ModelConfig.RopePairing;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** The table of supported model families: a new family is a new entry here. */
final class Architectures {
  /** RMSNorm, attention with rotary positions and shared KV heads, gated FFN. */
  private static final List<TensorRule> DECODER =
      List.of(
          new TensorRule(
              "token_embd.weight", "model.embed_tokens.weight", ALWAYS, VOCABULARY, HIDDEN),
          new TensorRule("output_norm.weight", "model.norm.weight", ALWAYS, HIDDEN),
          new TensorRule("output.weight", "lm_head.weight", UNTIED_HEAD, VOCABULARY, HIDDEN),
          layer("attn_norm.weight", "input_layernorm.weight", HIDDEN),
          layer("attn_q.weight", "self_attn.q_proj.weight", QUERY, HIDDEN),
          layer("attn_k.weight", "self_attn.k_proj.weight", KEY_VALUE, HIDDEN),
          layer("attn_v.weight", "self_attn.v_proj.weight", KEY_VALUE, HIDDEN),
          layer("attn_q.bias", "self_attn.q_proj.bias", ATTENTION_BIAS, QUERY),
          layer("attn_k.bias", "self_attn.k_proj.bias", ATTENTION_BIAS, KEY_VALUE),
          layer("attn_v.bias", "self_attn.v_proj.bias", ATTENTION_BIAS, KEY_VALUE),
          layer("attn_q_norm.weight", "self_attn.q_norm.weight", QUERY_KEY_NORM, HEAD),
          layer("attn_k_norm.weight", "self_attn.k_norm.weight", QUERY_KEY_NORM, HEAD),
          layer("attn_output.weight", "self_attn.o_proj.weight", HIDDEN, QUERY),
          layer("ffn_norm.weight", "post_attention_layernorm.weight", HIDDEN),
          layer("ffn_gate.weight", "mlp.gate_proj.weight", FEED_FORWARD, HIDDEN),
          layer("ffn_up.weight", "mlp.up_proj.weight", FEED_FORWARD, HIDDEN),
          layer("ffn_down.weight", "mlp.down_proj.weight", HIDDEN, FEED_FORWARD));

  /** Rotary tables that old converters wrote; the engine computes them. */
  private static final List<String> ROTARY_TABLES =
      List.of(
          "rope_freqs\\.weight",
          "blk\\.\\d+\\.attn_rot_embd(\\.weight)?",
          "model\\.layers\\.\\d+\\.self_attn\\.rotary_emb\\.inv_freq");

  static final List<Architecture> SUPPORTED =
      List.of(
          new Architecture(
              "llama",
              Set.of("LlamaForCausalLM", "MistralForCausalLM"),
              RopePairing.INTERLEAVED,
              false,
              false,
              DECODER,
              ROTARY_TABLES),
          new Architecture(
              "qwen2",
              Set.of("Qwen2ForCausalLM"),
              RopePairing.HALVES,
              true,
              false,
              DECODER,
              ROTARY_TABLES),
          new Architecture(
              "qwen3",
              Set.of("Qwen3ForCausalLM"),
              RopePairing.HALVES,
              false,
              true,
              DECODER,
              ROTARY_TABLES));

  private Architectures() {}

  /** The family of that GGUF name. */
  static Architecture named(String name) {
    return SUPPORTED.stream()
        .filter(architecture -> architecture.name().equals(name))
        .findFirst()
        .orElseThrow(() -> unsupported(name));
  }

  /** The family of that class in a config.json. */
  static Architecture ofHuggingFaceClass(String className) {
    return SUPPORTED.stream()
        .filter(architecture -> architecture.huggingFaceClasses().contains(className))
        .findFirst()
        .orElseThrow(() -> unsupported(className));
  }

  /** Names of all families, for messages. */
  static String names() {
    return SUPPORTED.stream()
        .map(
            architecture ->
                architecture.name() + " " + new TreeSet<>(architecture.huggingFaceClasses()))
        .collect(Collectors.joining(", "));
  }

  private static ModelFormatException unsupported(String name) {
    return new ModelFormatException(
        "architecture " + name + " is not supported; supported are " + names());
  }

  private static TensorRule layer(String name, String huggingFaceName, TensorRule.Size... shape) {
    return layer(name, huggingFaceName, ALWAYS, shape);
  }

  private static TensorRule layer(
      String name, String huggingFaceName, TensorRule.Presence presence, TensorRule.Size... shape) {
    return new TensorRule(
        "blk.{i}." + name, "model.layers.{i}." + huggingFaceName, presence, shape);
  }
}
