package io.adaspec.runtime.model;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Reads JSON files of bounded size, nesting and node count; a name that appears twice is an error.
 */
final class JsonFiles {
  static final long MOST_BYTES = 64 << 20;

  /** The largest published vocabularies take 2.6 million; a node may take 80 bytes of heap. */
  private static final long MOST_NODES = 6_000_000;

  private static final ObjectMapper MAPPER =
      new ObjectMapper(
          JsonFactory.builder()
              .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
              .streamReadConstraints(
                  StreamReadConstraints.builder()
                      .maxNestingDepth(64)
                      .maxTokenCount(MOST_NODES)
                      .maxStringLength((int) MOST_BYTES)
                      .build())
              .build());

  private JsonFiles() {}

  /** The object in a file. */
  static JsonNode read(Path path) throws IOException {
    return parse(text(path), path.getFileName().toString());
  }

  /** The object in a file, or an empty one where there is none. */
  static JsonNode readIfPresent(Path path) throws IOException {
    return Files.exists(path) ? read(path) : JsonNodeFactory.instance.objectNode();
  }

  /** The text of a file. */
  static String text(Path path) throws IOException {
    long bytes = Files.size(path);
    if (bytes > MOST_BYTES) {
      throw new ModelFormatException(
          path.getFileName() + " has " + bytes + " bytes; at most " + MOST_BYTES + " are accepted");
    }
    return Files.readString(path);
  }

  /** The object in a text. */
  static JsonNode parse(String text, String what) {
    try {
      JsonNode json = MAPPER.readTree(text);
      if (!json.isObject()) {
        throw new ModelFormatException(what + " holds no JSON object");
      }
      return json;
    } catch (JsonProcessingException e) {
      throw new ModelFormatException(what + " is no sound JSON: " + e.getOriginalMessage(), e);
    }
  }
}
