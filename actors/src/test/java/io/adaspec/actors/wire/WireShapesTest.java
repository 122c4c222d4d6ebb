package io.adaspec.actors.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.lang.reflect.WildcardType;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.Test;

/**
 * What every id stands for, component by component, is a promise to nodes of other versions. Types
 * that have ids are named by these, so whoever holds a record that got a new id needs one, too.
 */
class WireShapesTest {
  private static final String FILE = "wire-shapes.txt";
  private static final Map<Class<?>, Integer> IDS = new HashMap<>();
  private static final Map<Integer, Class<?>> TYPES = new TreeMap<>();

  static {
    Stream.of(WireTypes.MESSAGES, WireTypes.RECORDS, WireTypes.ENUMS).forEach(TYPES::putAll);
    TYPES.forEach((id, type) -> IDS.put(type, id));
  }

  @Test
  void anIdNeverChangesItsShape() throws IOException {
    List<String> shapes = TYPES.keySet().stream().map(WireShapesTest::shape).toList();
    assertThat(shapes)
        .as(
            "give what changed a new id in WireTypes, list the old one there as given up, and the new line in %s",
            FILE)
        .isEqualTo(promised());
  }

  private static List<String> promised() throws IOException {
    try (InputStream in = Objects.requireNonNull(WireShapesTest.class.getResourceAsStream(FILE))) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    }
  }

  private static String shape(int id) {
    Class<?> type = Objects.requireNonNull(TYPES.get(id));
    Stream<String> parts =
        type.isEnum()
            ? Arrays.stream(type.getEnumConstants()).map(String::valueOf)
            : Arrays.stream(type.getRecordComponents()).map(WireShapesTest::component);
    return id
        + " "
        + type.getSimpleName()
        + parts.map(part -> " " + part).collect(Collectors.joining());
  }

  private static String component(RecordComponent component) {
    return component.getName() + ":" + name(component.getGenericType());
  }

  private static String name(Type type) {
    return switch (type) {
      case Class<?> known when IDS.containsKey(known) -> String.valueOf(IDS.get(known));
      case Class<?> choice when choice.isSealed() && choice.getName().contains(".adaspec.") ->
          Arrays.stream(choice.getPermittedSubclasses())
              .map(WireShapesTest::name)
              .collect(Collectors.joining("|"));
      case Class<?> plain -> plain.getSimpleName();
      case ParameterizedType ref when ref.getRawType() == ActorRef.class -> "ActorRef";
      case ParameterizedType generic ->
          Arrays.stream(generic.getActualTypeArguments())
              .map(WireShapesTest::name)
              .collect(Collectors.joining(",", name(generic.getRawType()) + "<", ">"));
      case WildcardType wildcard -> "? " + name(wildcard.getUpperBounds()[0]);
      default -> throw new IllegalArgumentException("no wire type: " + type);
    };
  }
}
