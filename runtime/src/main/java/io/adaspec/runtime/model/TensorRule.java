package io.adaspec.runtime.model;

import java.util.List;

/**
 * One line of an architecture's table: a tensor, its names, when it must be there, its shape.
 *
 * @param name the engine's name; {@code {i}} stands for the layer's number
 * @param huggingFaceName the name in Hugging Face files, likewise
 * @param presence when a model has it
 * @param shape sizes as expressions of the configuration, slowest dimension first
 */
record TensorRule(String name, String huggingFaceName, Presence presence, List<Size> shape) {

  /** When a model has a tensor. */
  enum Presence {
    ALWAYS,
    /** Only where the head is a matrix of its own. */
    UNTIED_HEAD,
    /** Only where Q, K and V have biases. */
    ATTENTION_BIAS,
    /** Only where heads of Q and K have a norm. */
    QUERY_KEY_NORM;

    boolean in(ModelConfig config) {
      return switch (this) {
        case ALWAYS -> true;
        case UNTIED_HEAD -> !config.tiedHead();
        case ATTENTION_BIAS -> config.attentionBias();
        case QUERY_KEY_NORM -> config.queryKeyNorm();
      };
    }
  }

  /** A size in a shape. */
  enum Size {
    VOCABULARY,
    HIDDEN,
    FEED_FORWARD,
    QUERY,
    KEY_VALUE,
    HEAD;

    long in(ModelConfig config) {
      return switch (this) {
        case VOCABULARY -> config.vocabularySize();
        case HIDDEN -> config.hiddenSize();
        case FEED_FORWARD -> config.feedForwardSize();
        case QUERY -> config.querySize();
        case KEY_VALUE -> config.kvSize();
        case HEAD -> config.headSize();
      };
    }
  }

  TensorRule(String name, String huggingFaceName, Presence presence, Size... shape) {
    this(name, huggingFaceName, presence, List.of(shape));
  }

  boolean perLayer() {
    return name.contains("{i}");
  }

  /** The engine's name in that layer. */
  String name(int layer) {
    return name.replace("{i}", Integer.toString(layer));
  }

  /** The Hugging Face name in that layer. */
  String huggingFaceName(int layer) {
    return huggingFaceName.replace("{i}", Integer.toString(layer));
  }

  List<Long> shape(ModelConfig config) {
    return shape.stream().map(size -> size.in(config)).toList();
  }
}
