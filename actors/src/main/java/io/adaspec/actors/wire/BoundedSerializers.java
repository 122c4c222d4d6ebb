package io.adaspec.actors.wire;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.KryoException;
import com.esotericsoftware.kryo.Serializer;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import io.adaspec.runtime.request.TokenIds;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Serializers of everything that has a length. A length is believed only as far as bytes are left,
 * since Kryo's own ones allocate what a message claims.
 */
final class BoundedSerializers {
  private BoundedSerializers() {}

  /** A length whose items take at least a byte each. */
  private static int length(Input input) {
    int length = input.readVarInt(true);
    int left = input.limit() - input.position();
    if (length < 0 || length > left) {
      throw new KryoException("a length of " + length + " with " + left + " bytes left");
    }
    return length;
  }

  /** Strings as UTF-8 bytes; lone surrogates, which no Unicode text has, become {@code ?}. */
  static final class Text extends Serializer<String> {
    Text() {
      super(true, true);
    }

    @Override
    public void write(Kryo kryo, Output output, String text) {
      if (text == null) {
        output.writeByte(0);
        return;
      }
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      output.writeByte(1);
      output.writeVarInt(bytes.length, true);
      output.writeBytes(bytes);
    }

    @Override
    @SuppressWarnings("NullAway") // Kryo's way to say null, which records then refuse
    public String read(Kryo kryo, Input input, Class<? extends String> type) {
      return input.readByte() == 0
          ? null
          : new String(input.readBytes(length(input)), StandardCharsets.UTF_8);
    }
  }

  /** Immutable lists. */
  static final class Lists extends Serializer<List<?>> {
    @Override
    public void write(Kryo kryo, Output output, List<?> list) {
      output.writeVarInt(list.size(), true);
      list.forEach(item -> kryo.writeClassAndObject(output, item));
    }

    @Override
    public List<?> read(Kryo kryo, Input input, Class<? extends List<?>> type) {
      int length = length(input);
      List<Object> list = new ArrayList<>(length);
      for (int i = 0; i < length; i++) {
        list.add(kryo.readClassAndObject(input));
      }
      return List.copyOf(list);
    }
  }

  /** Immutable maps. */
  static final class Maps extends Serializer<Map<?, ?>> {
    @Override
    public void write(Kryo kryo, Output output, Map<?, ?> map) {
      output.writeVarInt(map.size(), true);
      map.forEach(
          (key, value) -> {
            kryo.writeClassAndObject(output, key);
            kryo.writeClassAndObject(output, value);
          });
    }

    @Override
    public Map<?, ?> read(Kryo kryo, Input input, Class<? extends Map<?, ?>> type) {
      int length = length(input);
      Map<Object, Object> map = new HashMap<>();
      for (int i = 0; i < length; i++) {
        map.put(kryo.readClassAndObject(input), kryo.readClassAndObject(input));
      }
      return Map.copyOf(map);
    }
  }

  /** Token ids, small ones in few bytes. */
  static final class Tokens extends Serializer<TokenIds> {
    Tokens() {
      super(false, true);
    }

    @Override
    public void write(Kryo kryo, Output output, TokenIds tokens) {
      output.writeVarInt(tokens.size(), true);
      for (int i = 0; i < tokens.size(); i++) {
        output.writeVarInt(tokens.get(i), true);
      }
    }

    @Override
    public TokenIds read(Kryo kryo, Input input, Class<? extends TokenIds> type) {
      int[] ids = new int[length(input)];
      for (int i = 0; i < ids.length; i++) {
        ids[i] = input.readVarInt(true);
      }
      return TokenIds.of(ids);
    }
  }
}
