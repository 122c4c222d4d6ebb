package io.adaspec.actors.wire;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.KryoException;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.serializers.RecordSerializer;
import java.lang.reflect.RecordComponent;

/** Records through their canonical constructors, refused when a component is missing. */
final class CompleteRecordSerializer<T> extends RecordSerializer<T> {
  private final RecordComponent[] components;

  CompleteRecordSerializer(Class<T> type) {
    super(type);
    this.components = type.getRecordComponents();
  }

  @Override
  public T read(Kryo kryo, Input input, Class<? extends T> type) {
    T read = super.read(kryo, input, type);
    for (RecordComponent component : components) {
      if (value(component, read) == null) {
        throw new KryoException(type.getSimpleName() + " without " + component.getName());
      }
    }
    return read;
  }

  private static Object value(RecordComponent component, Object owner) {
    try {
      return component.getAccessor().invoke(owner);
    } catch (ReflectiveOperationException e) {
      throw new KryoException("cannot read " + component, e);
    }
  }
}
