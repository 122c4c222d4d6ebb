package io.adaspec.runtime.simulation;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.TreeSet;

/** The fields of a JSON object, with the path to it for errors; knows which were never read. */
final class JsonObject {
  private final String path;
  private final JsonNode node;
  private final TreeSet<String> known = new TreeSet<>();

  JsonObject(String path, JsonNode node) {
    if (!node.isObject() && !node.isMissingNode()) {
      throw new IllegalArgumentException(path + " must be an object, not " + node);
    }
    this.path = path;
    this.node = node;
  }

  String path() {
    return path;
  }

  double number(String key, double otherwise) {
    JsonNode value = field(key);
    if (value.isMissingNode()) {
      return otherwise;
    }
    if (!value.isNumber()) {
      throw new IllegalArgumentException(path + "." + key + " must be a number, not " + value);
    }
    return value.doubleValue();
  }

  String text(String key, String otherwise) {
    JsonNode value = field(key);
    if (value.isMissingNode()) {
      return otherwise;
    }
    if (!value.isTextual()) {
      throw new IllegalArgumentException(path + "." + key + " must be a text, not " + value);
    }
    return value.textValue();
  }

  /** An object; an empty one when there is none. */
  JsonObject object(String key) {
    return new JsonObject(path + "." + key, field(key));
  }

  /** The objects of a list; empty when there is none. */
  List<JsonObject> list(String key) {
    JsonNode value = field(key);
    if (!value.isArray() && !value.isMissingNode()) {
      throw new IllegalArgumentException(path + "." + key + " must be a list, not " + value);
    }
    List<JsonObject> objects = new ArrayList<>();
    for (JsonNode each : value) {
      objects.add(new JsonObject(path + "." + key + "[" + objects.size() + "]", each));
    }
    return objects;
  }

  private JsonNode field(String key) {
    known.add(key);
    return node.path(key);
  }

  void requireAllRead() {
    for (Iterator<String> names = node.fieldNames(); names.hasNext(); ) {
      String name = names.next();
      if (!known.contains(name)) {
        throw new IllegalArgumentException(
            path + " has an unknown key '" + name + "'; known: " + known);
      }
    }
  }
}
