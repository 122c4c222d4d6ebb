package io.adaspec.api.cli;

import io.adaspec.runtime.device.DeviceInfo;
import io.adaspec.runtime.model.MemoryPlan;
import io.adaspec.runtime.model.ModelConfig;
import io.adaspec.runtime.model.ModelText;
import io.adaspec.runtime.model.RopeScaling;
import io.adaspec.runtime.model.Weights;
import io.adaspec.runtime.request.SamplingDefaults;
import io.adaspec.runtime.speculation.PolicySnapshot;
import io.adaspec.runtime.tensor.WeightFormat;
import io.adaspec.runtime.tensor.WeightTensor;
import io.adaspec.runtime.text.Tokenizer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** What {@code inspect} says of a model, as objects for JSON in the order of the text. */
final class ModelReport {
  private ModelReport() {}

  /** Shape and constants. */
  static Map<String, Object> shape(ModelConfig config) {
    Map<String, Object> shape = new LinkedHashMap<>();
    shape.put("layers", config.layers());
    shape.put("hidden_size", config.hiddenSize());
    shape.put("feed_forward_size", config.feedForwardSize());
    shape.put("heads", config.heads());
    shape.put("kv_heads", config.kvHeads());
    shape.put("head_size", config.headSize());
    shape.put("context_tokens", config.contextTokens());
    shape.put("vocabulary_size", config.vocabularySize());
    shape.put("tied_head", config.tiedHead());
    shape.put("attention_bias", config.attentionBias());
    shape.put("query_key_norm", config.queryKeyNorm());
    shape.put("rope_theta", config.ropeTheta());
    shape.put("rope_scaling", scaling(config.ropeScaling()));
    return shape;
  }

  /** Counts, parameters and bytes by format. */
  static Map<String, Object> weights(Weights weights) {
    Map<WeightFormat, long[]> byFormat = new TreeMap<>();
    long parameters = 0;
    for (String name : weights.names()) {
      WeightTensor tensor = weights.tensor(name);
      long elements = Math.multiplyExact(tensor.rows(), tensor.columns());
      long[] counts = byFormat.computeIfAbsent(tensor.format(), format -> new long[2]);
      counts[0]++;
      counts[1] += tensor.data().byteSize();
      parameters += elements;
    }
    Map<String, Object> formats = new LinkedHashMap<>();
    byFormat.forEach((format, counts) -> formats.put(format.name(), tensors(counts)));
    Map<String, Object> report = new LinkedHashMap<>();
    report.put("parameters", parameters);
    report.put("bytes", weights.bytes());
    report.put("tensors", weights.names().size());
    report.put("formats", formats);
    return report;
  }

  /** What the model takes on the CPU, and how many tokens a GiB holds beside it. */
  static Map<String, Object> memory(MemoryPlan plan) {
    Map<String, Object> report = new LinkedHashMap<>();
    report.put("mapped_bytes", plan.mappedBytes());
    report.put("repacked_bytes", plan.repackedBytes());
    report.put("mapped_tensors", List.of(MemoryPlan.EMBEDDING));
    report.put("repacked_tensors", repacked(plan));
    report.put("kv_bytes_per_token", plan.kvBytesPerToken());
    report.put("kv_tokens_per_gib", (1L << 30) / plan.kvBytesPerToken());
    return report;
  }

  /** The same tensor of all layers in one line. */
  private static Map<String, Object> repacked(MemoryPlan plan) {
    Map<String, long[]> byRole = new TreeMap<>();
    for (MemoryPlan.PackedTensor tensor : plan.tensors()) {
      String role = tensor.name().replaceFirst("^blk\\.\\d+\\.", "blk.*.");
      long[] counts = byRole.computeIfAbsent(role, name -> new long[2]);
      counts[0]++;
      counts[1] += tensor.bytes();
    }
    Map<String, Object> report = new LinkedHashMap<>();
    byRole.forEach((role, counts) -> report.put(role, tensors(counts)));
    return report;
  }

  /**
   * What fits on a device: target tokens beside the draft model's memory, draft tokens, and the
   * target tokens that this memory holds instead when no draft KV is in use.
   */
  static Map<String, Object> device(DeviceInfo info) {
    Map<String, Object> report = new LinkedHashMap<>();
    report.put("description", info.description());
    report.put("bit_exact", info.bitExact());
    report.put("kv_tokens", (long) info.kvBlocks() * info.blockTokens());
    report.put("draft_kv_tokens", (long) info.draftKvBlocks() * info.blockTokens());
    report.put("lendable_kv_tokens", (long) info.lendableKvBlocks() * info.blockTokens());
    report.put("longest_sequence", info.capacityTokens());
    report.put(
        "whole_contexts", (long) info.kvBlocks() * info.blockTokens() / info.contextTokens());
    return report;
  }

  /** How the engine would speculate. */
  static Map<String, Object> policy(PolicySnapshot policy) {
    Map<String, Object> report = new LinkedHashMap<>();
    report.put("strategy", policy.strategy());
    report.put("drafter", policy.drafter().name().toLowerCase(Locale.ROOT));
    report.put("draft_cap", policy.draftCap());
    report.put("verifier", policy.verifier().name().toLowerCase(Locale.ROOT));
    return report;
  }

  private static Map<String, Object> tensors(long[] countAndBytes) {
    Map<String, Object> report = new LinkedHashMap<>();
    report.put("tensors", countAndBytes[0]);
    report.put("bytes", countAndBytes[1]);
    return report;
  }

  private static String scaling(RopeScaling scaling) {
    return switch (scaling) {
      case RopeScaling.None() -> "none";
      case RopeScaling.Linear(float factor) -> "linear, factor " + factor;
      case RopeScaling.Llama3 llama3 -> "llama3, factor " + llama3.factor();
      case RopeScaling.PerFrequency perFrequency ->
          "per frequency, " + perFrequency.divisors().length + " divisors";
    };
  }

  /** Vocabulary and what it marks. */
  static Map<String, Object> text(ModelText text) {
    Tokenizer tokenizer = text.tokenizer();
    Map<String, Object> report = new LinkedHashMap<>();
    report.put("tokens", tokenizer.vocabularySize());
    tokenizer.bosId().ifPresent(id -> report.put("bos", id));
    report.put("eos", tokenizer.eosIds().stream().sorted().toList());
    report.put("chat_template", text.chatTemplate().isPresent());
    report.put("sampling", sampling(text.sampling()));
    return report;
  }

  /** What requests get that do not say how to sample. */
  private static Map<String, Object> sampling(SamplingDefaults sampling) {
    Map<String, Object> report = new LinkedHashMap<>();
    report.put("temperature", sampling.temperature());
    report.put("top_k", sampling.topK());
    report.put("top_p", sampling.topP());
    report.put("min_p", sampling.minP());
    report.put("repetition_penalty", sampling.repetitionPenalty());
    return report;
  }
}
