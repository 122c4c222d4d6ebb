package io.adaspec.actors.wire;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.KryoBufferOverflowException;
import com.esotericsoftware.kryo.io.Output;
import com.esotericsoftware.kryo.util.Pool;
import io.adaspec.actors.WireMessage;
import java.io.NotSerializableException;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.actor.typed.ActorRefResolver;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.serialization.SerializerWithStringManifest;

/**
 * Turns {@link WireMessage}s into bytes and back with Kryo. The manifest is the message's fixed id;
 * an id that this version does not know is refused before anything is instantiated, and so is
 * whatever is malformed, too long or followed by more bytes. Thread-safe.
 */
public final class KryoMessageSerializer extends SerializerWithStringManifest {
  private static final int IDENTIFIER = 0x61646170;
  private static final int FIRST_BUFFER_BYTES = 512;
  private static final Map<String, Class<?>> TYPES =
      WireTypes.MESSAGES.entrySet().stream()
          .collect(Collectors.toMap(entry -> entry.getKey().toString(), Map.Entry::getValue));
  private static final Map<Class<?>, String> MANIFESTS =
      TYPES.entrySet().stream().collect(Collectors.toMap(Map.Entry::getValue, Map.Entry::getKey));

  private final int maxBytes;
  private final Pool<Kryo> pool;

  /** Called by Pekko. */
  public KryoMessageSerializer(ExtendedActorSystem system) {
    this.maxBytes =
        Math.toIntExact(system.settings().config().getBytes("adaspec.wire.max-message-bytes"));
    this.pool =
        new Pool<>(true, false, Runtime.getRuntime().availableProcessors()) {
          @Override
          protected Kryo create() {
            return new WireKryo(ActorRefResolver.get(Adapter.toTyped(system)));
          }
        };
  }

  @Override
  public int identifier() {
    return IDENTIFIER;
  }

  @Override
  public String manifest(Object message) {
    String manifest = MANIFESTS.get(message.getClass());
    if (manifest == null) {
      throw new IllegalArgumentException(
          message.getClass().getName() + " has no wire id; add it to WireTypes");
    }
    return manifest;
  }

  @Override
  public byte[] toBinary(Object message) {
    Kryo kryo = pool.obtain();
    try (Output output = new Output(FIRST_BUFFER_BYTES, maxBytes)) {
      kryo.writeObject(output, message);
      return output.toBytes();
    } catch (KryoBufferOverflowException e) {
      throw new IllegalArgumentException(
          message.getClass().getSimpleName()
              + " is longer than "
              + maxBytes
              + " bytes; shorten the prompt, or raise adaspec.wire.max-message-bytes and"
              + " pekko.remote.artery.advanced.maximum-frame-size",
          e);
    } finally {
      pool.free(kryo);
    }
  }

  @Override
  public Object fromBinary(byte[] bytes, String manifest) throws NotSerializableException {
    Class<?> type = TYPES.get(manifest);
    if (type == null) {
      throw new NotSerializableException(
          "unknown wire id '" + manifest + "'; the sender's version is newer or not AdaSpec");
    }
    if (bytes.length > maxBytes) {
      throw new NotSerializableException(
          type.getSimpleName() + " of " + bytes.length + " bytes; at most " + maxBytes);
    }
    return read(bytes, type);
  }

  private Object read(byte[] bytes, Class<?> type) throws NotSerializableException {
    Kryo kryo = pool.obtain();
    try (Input input = new Input(bytes)) {
      Object message = kryo.readObject(input, type);
      if (input.position() != bytes.length) {
        throw new NotSerializableException(
            type.getSimpleName() + " ends " + (bytes.length - input.position()) + " bytes early");
      }
      return message;
    } catch (RuntimeException e) {
      NotSerializableException refused =
          new NotSerializableException("malformed " + type.getSimpleName() + ": " + e.getMessage());
      refused.initCause(e);
      throw refused;
    } finally {
      kryo.reset();
      pool.free(kryo);
    }
  }
}
