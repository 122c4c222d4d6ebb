package io.adaspec.runtime.model;

import io.adaspec.runtime.tensor.WeightFormat;
import io.adaspec.runtime.tensor.WeightTensor;
import java.util.OptionalLong;

/** Reads a {@link ModelConfig} from the metadata and tensors of a GGUF file. */
final class GgufConfig {
  private static final String EMBEDDING = "token_embd.weight";
  private static final String FREQUENCIES = "rope_freqs.weight";

  private final GgufFile file;
  private final GgufMetadata metadata;
  private final Architecture architecture;

  private GgufConfig(GgufFile file, Architecture architecture) {
    this.file = file;
    this.metadata = file.metadata();
    this.architecture = architecture;
  }

  /** The family that the file declares. */
  static Architecture architecture(GgufFile file) {
    return Architectures.named(
        file.metadata()
            .text("general.architecture")
            .orElseThrow(
                () ->
                    new ModelFormatException(
                        "general.architecture is missing; supported are "
                            + Architectures.names())));
  }

  static ModelConfig read(GgufFile file) {
    return new GgufConfig(file, architecture(file)).read();
  }

  private ModelConfig read() {
    refuseExperts();
    int hiddenSize = required("embedding_length");
    int heads = required("attention.head_count");
    int headSize = headSize(hiddenSize, heads);
    int ropeSize = optional("rope.dimension_count", headSize);
    return new ModelConfig(
        architecture.name(),
        metadata.text("general.name").orElse(architecture.name()),
        vocabularySize(),
        required("block_count"),
        hiddenSize,
        required("feed_forward_length"),
        heads,
        optional("attention.head_count_kv", heads),
        headSize,
        required("context_length"),
        requiredNumber("attention.layer_norm_rms_epsilon"),
        (float) metadata.number(key("rope.freq_base")).orElse(10_000),
        ropeSize,
        ropeScaling(ropeSize),
        architecture.ggufPairing(),
        architecture.attentionBias() || file.has("blk.0.attn_q.bias"),
        architecture.queryKeyNorm(),
        !file.has("output.weight"));
  }

  private void refuseExperts() {
    long experts = metadata.integer(key("expert_count")).orElse(0);
    if (experts > 0) {
      throw new ModelFormatException(
          key("expert_count")
              + " is "
              + experts
              + ": mixtures of experts are not supported; supported are "
              + Architectures.names());
    }
  }

  private int headSize(int hiddenSize, int heads) {
    OptionalLong keyLength = metadata.integer(key("attention.key_length"));
    if (keyLength.isEmpty() && (heads <= 0 || hiddenSize % heads != 0)) {
      throw new ModelFormatException(
          heads + " heads do not divide the embedding length " + hiddenSize);
    }
    int headSize =
        keyLength.isPresent()
            ? checkedInt(key("attention.key_length"), keyLength.getAsLong())
            : hiddenSize / heads;
    int valueSize = optional("attention.value_length", headSize);
    if (valueSize != headSize) {
      throw new ModelFormatException(
          "attention key length "
              + headSize
              + " differs from value length "
              + valueSize
              + ", which is not supported");
    }
    return headSize;
  }

  /** The embedding decides: converters pad it, and metadata may be stale. */
  private int vocabularySize() {
    GgufTensor embedding =
        file.tensors().stream()
            .filter(tensor -> tensor.name().equals(EMBEDDING))
            .findFirst()
            .orElseThrow(
                () ->
                    new ModelFormatException(
                        "tensor "
                            + EMBEDDING
                            + " is missing"
                            + (file.tensors().isEmpty()
                                ? ": the file holds a vocabulary only; it can tokenize, not"
                                    + " generate"
                                : "")));
    return checkedInt("rows of " + EMBEDDING, embedding.shape().getFirst());
  }

  private RopeScaling ropeScaling(int ropeSize) {
    double factor =
        metadata
            .number(key("rope.scaling.factor"))
            .orElse(metadata.number(key("rope.scale_linear")).orElse(1));
    String type = metadata.text(key("rope.scaling.type")).orElse("linear");
    float linear =
        switch (type) {
          case "none" -> 1;
          case "linear" -> factor == 0 ? 1 : (float) factor;
          default ->
              throw new ModelFormatException(
                  key("rope.scaling.type")
                      + " is "
                      + type
                      + "; supported are none, linear and frequencies in "
                      + FREQUENCIES);
        };
    if (!(linear > 0) || Float.isInfinite(linear)) {
      throw new ModelFormatException(
          key("rope.scaling.factor") + " is " + factor + "; it must be positive");
    }
    if (file.has(FREQUENCIES)) {
      return new RopeScaling.PerFrequency(frequencyDivisors(ropeSize, linear));
    }
    return linear == 1 ? new RopeScaling.None() : new RopeScaling.Linear(linear);
  }

  private float[] frequencyDivisors(int ropeSize, float linear) {
    WeightTensor tensor = file.tensor(FREQUENCIES);
    int count = ropeSize / 2;
    if (tensor.format() != WeightFormat.F32 || tensor.rows() != 1 || tensor.columns() != count) {
      throw new ModelFormatException(
          FREQUENCIES
              + " is "
              + tensor.format()
              + tensor.shape()
              + "; expected F32["
              + count
              + "]");
    }
    float[] divisors = new float[count];
    for (int i = 0; i < count; i++) {
      divisors[i] = linear * tensor.data().get(GgufCursor.FLOAT, 4L * i);
      if (!(divisors[i] > 0) || Float.isInfinite(divisors[i])) {
        throw new ModelFormatException(
            FREQUENCIES + " holds " + divisors[i] + " at " + i + "; divisors must be positive");
      }
    }
    return divisors;
  }

  private String key(String suffix) {
    return architecture.name() + "." + suffix;
  }

  private int required(String suffix) {
    return checkedInt(
        key(suffix), metadata.integer(key(suffix)).orElseThrow(() -> missing(key(suffix))));
  }

  private int optional(String suffix, int otherwise) {
    return checkedInt(key(suffix), metadata.integer(key(suffix)).orElse(otherwise));
  }

  private float requiredNumber(String suffix) {
    return (float) metadata.number(key(suffix)).orElseThrow(() -> missing(key(suffix)));
  }

  private static ModelFormatException missing(String key) {
    return new ModelFormatException("metadata key " + key + " is missing; convert the model again");
  }

  private static int checkedInt(String what, long value) {
    if (value < 0 || value > Integer.MAX_VALUE) {
      throw new ModelFormatException(what + " is " + value + ", out of range");
    }
    return (int) value;
  }
}
