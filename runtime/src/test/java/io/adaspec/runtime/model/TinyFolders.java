package io.adaspec.runtime.model;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** A Hugging Face folder of one layer, whose weights are all zero, for tests. */
final class TinyFolders {
  static final String CONFIG =
      """
      {"architectures": ["LlamaForCausalLM"], "hidden_size": 8, "intermediate_size": 12,
       "num_hidden_layers": 1, "num_attention_heads": 2, "num_key_value_heads": 1,
       "vocab_size": 6, "max_position_embeddings": 64, "rms_norm_eps": 1e-5,
       "eos_token_id": [2], "bos_token_id": 1}
      """;

  /** Two heads of six elements on a residual stream of eight. */
  static final String QWEN3 =
      """
      {"architectures": ["Qwen3ForCausalLM"], "model_type": "qwen3", "hidden_size": 8,
       "intermediate_size": 12, "num_hidden_layers": 1, "num_attention_heads": 2,
       "num_key_value_heads": 1, "head_dim": 6, "vocab_size": 6, "max_position_embeddings": 64,
       "rms_norm_eps": 1e-6, "rope_theta": 1000000, "rope_scaling": null, "hidden_act": "silu",
       "attention_bias": false, "sliding_window": null, "use_sliding_window": false,
       "tie_word_embeddings": true}
      """;

  private static final List<String> LLAMA_TENSORS =
      List.of(
          "embed_tokens.weight 6 8",
          "norm.weight 8",
          "layers.0.input_layernorm.weight 8",
          "layers.0.self_attn.q_proj.weight 8 8",
          "layers.0.self_attn.k_proj.weight 4 8",
          "layers.0.self_attn.v_proj.weight 4 8",
          "layers.0.self_attn.o_proj.weight 8 8",
          "layers.0.post_attention_layernorm.weight 8",
          "layers.0.mlp.gate_proj.weight 12 8",
          "layers.0.mlp.up_proj.weight 12 8",
          "layers.0.mlp.down_proj.weight 8 12");

  private static final List<String> QWEN3_TENSORS =
      List.of(
          "embed_tokens.weight 6 8",
          "norm.weight 8",
          "layers.0.input_layernorm.weight 8",
          "layers.0.self_attn.q_proj.weight 12 8",
          "layers.0.self_attn.k_proj.weight 6 8",
          "layers.0.self_attn.v_proj.weight 6 8",
          "layers.0.self_attn.q_norm.weight 6",
          "layers.0.self_attn.k_norm.weight 6",
          "layers.0.self_attn.o_proj.weight 8 12",
          "layers.0.post_attention_layernorm.weight 8",
          "layers.0.mlp.gate_proj.weight 12 8",
          "layers.0.mlp.up_proj.weight 12 8",
          "layers.0.mlp.down_proj.weight 8 12");

  static final String TOKENIZER =
      """
      {"version": "1.0", "truncation": null, "padding": null,
       "added_tokens": [
         {"id": 0, "content": "<s>", "single_word": false, "lstrip": false, "rstrip": false,
          "normalized": false, "special": true},
         {"id": 5, "content": "<|im_end|>", "single_word": false, "lstrip": false,
          "rstrip": false, "normalized": false, "special": true}],
       "normalizer": null,
       "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true,
         "use_regex": true},
       "post_processor": {"type": "TemplateProcessing",
         "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A",
           "type_id": 0}}],
         "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
         "special_tokens": {"<s>": {"id": "<s>", "ids": [0], "tokens": ["<s>"]}}},
       "decoder": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true,
         "use_regex": true},
       "model": {"type": "BPE", "dropout": null, "unk_token": null,
         "continuing_subword_prefix": null, "end_of_word_suffix": null, "fuse_unk": false,
         "byte_fallback": false, "vocab": {"<s>": 0, "a": 1, "b": 2, "ab": 3, "\u0120": 4},
         "merges": ["a b"]}}
      """;

  /** Six pieces with byte-free fallback, as SentencePiece's unigram models have them. */
  static final String UNIGRAM =
      """
      {"version": "1.0", "truncation": null, "padding": null,
       "added_tokens": [{"id": 0, "content": "<unk>", "single_word": false, "lstrip": false,
         "rstrip": false, "normalized": false, "special": true}],
       "normalizer": {"type": "Sequence", "normalizers": [{"type": "NFKC"},
         {"type": "Strip", "strip_left": false, "strip_right": true},
         {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "}]},
       "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
         {"type": "Digits", "individual_digits": true},
         {"type": "Split", "pattern": {"Regex": "[0-9]"}, "behavior": "Isolated", "invert": false},
         {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always",
          "split": true}]},
       "post_processor": {"type": "BertProcessing", "sep": ["b", 3], "cls": ["a", 2]},
       "decoder": {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always"},
       "model": {"type": "Unigram", "unk_id": 0, "byte_fallback": false, "vocab": [
         ["<unk>", 0.0], ["\u2581", -2.5], ["a", -3.0], ["b", -3.5], ["ab", -4.0],
         ["\u2581ab", -4.5]]}}
      """;

  private TinyFolders() {}

  /** Writes the whole folder with weights in F32. */
  static void write(Path folder) throws IOException {
    Files.writeString(folder.resolve("config.json"), CONFIG);
    Files.writeString(folder.resolve("tokenizer.json"), TOKENIZER);
    writeWeights(folder, "F32", 4);
  }

  /** Writes a model of the qwen3 family into a folder instead; weights are BF16. */
  static void writeQwen3(Path folder) throws IOException {
    Files.writeString(folder.resolve("config.json"), QWEN3);
    write(folder, QWEN3_TENSORS, "BF16", 2);
  }

  /** Writes {@code model.safetensors}. */
  static void writeWeights(Path folder, String type, int elementBytes) throws IOException {
    write(folder, LLAMA_TENSORS, type, elementBytes);
  }

  private static void write(Path folder, List<String> tensors, String type, int elementBytes)
      throws IOException {
    StringBuilder header = new StringBuilder("{");
    int offset = 0;
    for (String tensor : tensors) {
      String[] parts = tensor.split(" ", -1);
      int[] shape = Arrays.stream(parts).skip(1).mapToInt(Integer::parseInt).toArray();
      int bytes = Arrays.stream(shape).reduce(elementBytes, (a, b) -> a * b);
      header
          .append(header.length() > 1 ? "," : "")
          .append("\"model.%s\":".formatted(parts[0]))
          .append("{\"dtype\":\"%s\",\"shape\":%s,".formatted(type, Arrays.toString(shape)))
          .append("\"data_offsets\":[%d,%d]}".formatted(offset, offset + bytes));
      offset += bytes;
    }
    byte[] json = header.append("}").toString().getBytes(StandardCharsets.UTF_8);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    byte[] length = new byte[8];
    ByteBuffer.wrap(length).order(ByteOrder.LITTLE_ENDIAN).putLong(json.length);
    out.writeBytes(length);
    out.writeBytes(json);
    out.writeBytes(new byte[offset]);
    Files.write(folder.resolve("model.safetensors"), out.toByteArray());
  }
}
