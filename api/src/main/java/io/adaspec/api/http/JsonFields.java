package io.adaspec.api.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.stream.StreamSupport;

/**
 * Reads the fields of a request object, each with its type and range; a field that is absent or
 * null counts as not given. Every violation is an {@link ApiException} with status 400 that names
 * the field.
 *
 * @param node the object
 * @param prefix path of the object inside the request with a dot at its end; empty at the top
 */
public record JsonFields(ObjectNode node, String prefix) {

  /** Fields of a whole request. */
  public static JsonFields of(ObjectNode node) {
    return new JsonFields(node, "");
  }

  /** Refuses every field but these: what is misspelt in here would be ignored in silence. */
  public void requireKnown(List<String> known) {
    for (Map.Entry<String, JsonNode> field : node.properties()) {
      if (!known.contains(field.getKey()) && !field.getValue().isNull()) {
        throw unsupported(
            abbreviated(field.getKey()), "is not known; there are " + String.join(", ", known));
      }
    }
  }

  public boolean has(String name) {
    return node.hasNonNull(name);
  }

  /** The raw value, if it is given and not null. */
  public Optional<JsonNode> raw(String name) {
    return has(name) ? Optional.of(node.get(name)) : Optional.empty();
  }

  public Optional<String> text(String name) {
    return raw(name)
        .map(
            value -> {
              if (!value.isTextual()) {
                throw wrongType(name, "a string", value);
              }
              return value.textValue();
            });
  }

  /** A text that must not be missing. */
  public String requiredText(String name) {
    return text(name).orElseThrow(() -> missing(name));
  }

  /** One of {@code allowed}. */
  public Optional<String> choice(String name, List<String> allowed) {
    Optional<String> value = text(name);
    if (value.isPresent() && !allowed.contains(value.get())) {
      throw invalid(name, "must be one of " + String.join(", ", allowed));
    }
    return value;
  }

  public boolean flag(String name, boolean byDefault) {
    Optional<JsonNode> value = raw(name);
    if (value.isEmpty()) {
      return byDefault;
    }
    if (!value.get().isBoolean()) {
      throw wrongType(name, "true or false", value.get());
    }
    return value.get().booleanValue();
  }

  /** A whole number in a closed range. */
  public OptionalInt integer(String name, int min, int max) {
    OptionalLong value = wholeNumber(name, min, max);
    return value.isPresent() ? OptionalInt.of((int) value.getAsLong()) : OptionalInt.empty();
  }

  /** A whole number of 64 bits in a closed range. */
  public OptionalLong wholeNumber(String name, long min, long max) {
    Optional<JsonNode> value = raw(name);
    if (value.isEmpty()) {
      return OptionalLong.empty();
    }
    if (!value.get().isIntegralNumber()) {
      throw wrongType(name, "a whole number", value.get());
    }
    if (!value.get().canConvertToLong()
        || value.get().longValue() < min
        || value.get().longValue() > max) {
      throw invalid(name, "must be " + min + " to " + max + ", not " + shorten(value.get()));
    }
    return OptionalLong.of(value.get().longValue());
  }

  /** A number in a closed range. */
  public OptionalDouble number(String name, double min, double max) {
    Optional<JsonNode> value = raw(name);
    if (value.isEmpty()) {
      return OptionalDouble.empty();
    }
    if (!value.get().isNumber()) {
      throw wrongType(name, "a number", value.get());
    }
    double number = value.get().doubleValue();
    if (!(number >= min && number <= max)) {
      throw invalid(name, "must be " + min + " to " + max + ", not " + shorten(value.get()));
    }
    return OptionalDouble.of(number);
  }

  public Optional<JsonFields> object(String name) {
    return raw(name)
        .map(
            value -> {
              if (!(value instanceof ObjectNode object)) {
                throw wrongType(name, "an object", value);
              }
              return new JsonFields(object, prefix + name + ".");
            });
  }

  /** The elements of an array; empty when it is not given. */
  public Optional<List<JsonNode>> array(String name) {
    return raw(name)
        .map(
            value -> {
              if (!value.isArray()) {
                throw wrongType(name, "an array", value);
              }
              return elements(value);
            });
  }

  /** The elements of an array of objects that must not be missing or empty. */
  public List<JsonFields> requiredObjects(String name) {
    List<JsonNode> values = array(name).orElseThrow(() -> missing(name));
    if (values.isEmpty()) {
      throw invalid(name, "must not be empty");
    }
    List<JsonFields> objects = new ArrayList<>(values.size());
    for (int i = 0; i < values.size(); i++) {
      String path = name + "[" + i + "]";
      if (!(values.get(i) instanceof ObjectNode object)) {
        throw wrongType(path, "an object", values.get(i));
      }
      objects.add(new JsonFields(object, prefix + path + "."));
    }
    return objects;
  }

  /** Children of an array node. */
  public static List<JsonNode> elements(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false).toList();
  }

  /** The error for a field that must be given. */
  public ApiException missing(String name) {
    return new ApiException(
        new ApiError(
            400,
            "invalid_request_error",
            "the field '" + prefix + name + "' is required",
            Optional.of(prefix + name),
            Optional.of("missing_required_parameter"),
            Optional.empty(),
            false));
  }

  /** The error for a value: {@code 'name' what}. */
  public ApiException invalid(String name, String what) {
    return new ApiException(
        ApiError.invalid(prefix + name, "the field '" + prefix + name + "' " + what));
  }

  /** The error for a known field that is not supported with its value. */
  public ApiException unsupported(String name, String what) {
    return new ApiException(
        ApiError.unsupported(prefix + name, "the field '" + prefix + name + "' " + what));
  }

  /** The error for a value that the caller's key does not allow. */
  public ApiException forbidden(String name, String code, String what) {
    return new ApiException(
        ApiError.forbidden(prefix + name, code, "the field '" + prefix + name + "' " + what));
  }

  /** The error for a value of another type. */
  public ApiException wrongType(String name, String expected, JsonNode value) {
    return invalid(
        name,
        "must be " + expected + ", not " + value.getNodeType().name().toLowerCase(Locale.ROOT));
  }

  private static String shorten(JsonNode number) {
    return abbreviated(number.asText());
  }

  private static String abbreviated(String text) {
    return text.length() <= 24 ? text : text.substring(0, 24) + "…";
  }
}
