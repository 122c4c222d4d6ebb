package io.adaspec.api.http;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.Locale;
import org.apache.pekko.util.ByteString;

/**
 * JSON in and out, as trees. Reading is bounded: depth, number and name lengths and number of
 * tokens, each of which costs up to 50 bytes in a tree; the size of the whole is the route's limit.
 * Duplicate names, NaN, comments and trailing text are refused. Thread-safe.
 */
public final class Json {
  private static final int MAX_DEPTH = 32;
  private static final int MAX_NUMBER_LENGTH = 64;
  private static final int MAX_NAME_LENGTH = 256;
  private static final long MAX_TOKENS = 300_000;

  private static final ObjectMapper MAPPER = mapper();

  private Json() {}

  private static ObjectMapper mapper() {
    StreamReadConstraints limits =
        StreamReadConstraints.builder()
            .maxNestingDepth(MAX_DEPTH)
            .maxNumberLength(MAX_NUMBER_LENGTH)
            .maxNameLength(MAX_NAME_LENGTH)
            .maxTokenCount(MAX_TOKENS)
            .maxStringLength(Integer.MAX_VALUE)
            .build();
    JsonFactory factory =
        JsonFactory.builder()
            .streamReadConstraints(limits)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();
    return JsonMapper.builder(factory)
        .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
        .build();
  }

  public static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  public static ArrayNode array() {
    return JsonNodeFactory.instance.arrayNode();
  }

  /**
   * Reads one object.
   *
   * @throws ApiException 400 for anything else; its message never quotes the text
   */
  public static ObjectNode parseObject(byte[] utf8) {
    return parseObject(utf8, utf8.length);
  }

  /** Reads one object from the first {@code length} bytes. */
  static ObjectNode parseObject(byte[] utf8, int length) {
    JsonNode node;
    try {
      node = MAPPER.readTree(utf8, 0, length);
    } catch (JsonProcessingException e) {
      throw new ApiException(ApiError.request(400, "invalid_json", invalid(e)));
    } catch (IOException e) {
      throw new ApiException(
          ApiError.request(400, "invalid_json", "the body is not UTF-8 encoded JSON"));
    }
    if (node instanceof ObjectNode object) {
      return object;
    }
    throw new ApiException(
        ApiError.request(
            400,
            "invalid_json",
            "the body must be a JSON object, not "
                + node.getNodeType().name().toLowerCase(Locale.ROOT)));
  }

  private static String invalid(JsonProcessingException e) {
    if (e instanceof com.fasterxml.jackson.core.exc.StreamConstraintsException) {
      return "the JSON goes beyond a limit: at most depth "
          + MAX_DEPTH
          + ", "
          + MAX_NUMBER_LENGTH
          + " digits a number, "
          + MAX_NAME_LENGTH
          + " characters a name, "
          + MAX_TOKENS
          + " values, names and brackets";
    }
    String place =
        e.getLocation() == null
            ? ""
            : " at line "
                + e.getLocation().getLineNr()
                + ", column "
                + e.getLocation().getColumnNr();
    return "the body is not valid JSON" + place;
  }

  /** Compact UTF-8 text of a tree. */
  public static ByteString encode(JsonNode node) {
    return ByteString.fromArrayUnsafe(bytes(node));
  }

  /** Compact text of a tree. */
  public static String text(JsonNode node) {
    try {
      return MAPPER.writeValueAsString(node);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a JSON tree could not be written", e);
    }
  }

  static byte[] bytes(JsonNode node) {
    try {
      return MAPPER.writeValueAsBytes(node);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a JSON tree could not be written", e);
    }
  }
}
