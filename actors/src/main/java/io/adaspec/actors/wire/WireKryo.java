package io.adaspec.actors.wire;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.Registration;
import com.esotericsoftware.kryo.Serializer;
import com.esotericsoftware.kryo.serializers.DefaultSerializers;
import com.esotericsoftware.kryo.serializers.TimeSerializers;
import io.adaspec.runtime.request.TokenIds;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorRefResolver;

/**
 * A Kryo that knows the wire types and nothing else: unknown ids and classes are refused before
 * anything is made of them. Not thread-safe.
 */
final class WireKryo extends Kryo {
  private static final int MAX_DEPTH = 32;

  WireKryo(ActorRefResolver actorRefs) {
    setRegistrationRequired(true);
    setReferences(false);
    setMaxDepth(MAX_DEPTH);
    setClassLoader(WireKryo.class.getClassLoader());
    getRegistration(String.class).setSerializer(new BoundedSerializers.Text());
    register(List.class, new BoundedSerializers.Lists(), WireTypes.LIST_ID);
    register(Map.class, new BoundedSerializers.Maps(), WireTypes.MAP_ID);
    register(TokenIds.class, new BoundedSerializers.Tokens(), WireTypes.TOKEN_IDS_ID);
    register(ActorRef.class, new ActorRefSerializer(actorRefs), WireTypes.ACTOR_REF_ID);
    register(Duration.class, new TimeSerializers.DurationSerializer(), WireTypes.DURATION_ID);
    WireTypes.MESSAGES.forEach((id, type) -> register(type, recordSerializer(type), id));
    WireTypes.RECORDS.forEach((id, type) -> register(type, recordSerializer(type), id));
    WireTypes.ENUMS.forEach((id, type) -> register(type, enumSerializer(type), id));
  }

  private static Serializer<?> recordSerializer(Class<?> type) {
    return new CompleteRecordSerializer<>(type);
  }

  @SuppressWarnings({"unchecked", "rawtypes"}) // Kryo's own signature is raw
  private static Serializer<?> enumSerializer(Class<?> type) {
    return new DefaultSerializers.EnumSerializer((Class<? extends Enum>) type);
  }

  @Override
  @SuppressWarnings("rawtypes") // Kryo's own signature is raw
  public Registration getRegistration(Class type) {
    return super.getRegistration(WireTypes.wireType(type));
  }
}
