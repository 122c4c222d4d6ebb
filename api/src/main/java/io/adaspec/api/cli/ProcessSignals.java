package io.adaspec.api.cli;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandleProxies;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.ArrayList;
import java.util.List;

/**
 * Signals of the operating system, handled by us instead of by the JVM, which runs its shutdown
 * hooks at the first one and is deaf to all others.
 *
 * <p>Only {@code sun.misc.Signal} of the module {@code jdk.unsupported} can do that. Its name is
 * looked up here since the compiler warns of every mention of it.
 */
final class ProcessSignals implements AutoCloseable {
  private final List<Runnable> restorations;

  private ProcessSignals(List<Runnable> restorations) {
    this.restorations = restorations;
  }

  /**
   * Calls {@code action} at each of the signals, on a thread of its own each time, until closed. A
   * signal that this machine does not have, or that the JVM was told to leave alone, is left out.
   *
   * @param names without SIG, for example TERM
   */
  static ProcessSignals handle(List<String> names, Runnable action) {
    List<Runnable> restorations = new ArrayList<>();
    for (String name : names) {
      try {
        restorations.add(handle(name, action));
      } catch (IllegalArgumentException | ReflectiveOperationException e) {
        // the JVM's own handling stays: the signal ends the process at once
      }
    }
    return new ProcessSignals(restorations);
  }

  private static Runnable handle(String name, Runnable action) throws ReflectiveOperationException {
    MethodHandles.Lookup lookup = MethodHandles.lookup();
    Class<?> signalType = Class.forName("sun.misc.Signal");
    Class<?> handlerType = Class.forName("sun.misc.SignalHandler");
    MethodHandle run = lookup.findVirtual(Runnable.class, "run", MethodType.methodType(void.class));
    Object handler =
        MethodHandleProxies.asInterfaceInstance(
            handlerType, MethodHandles.dropArguments(run.bindTo(action), 0, signalType));
    Object signal = signalType.getConstructor(String.class).newInstance(name);
    Object former = register(signalType, handlerType, signal, handler);
    return () -> {
      try {
        register(signalType, handlerType, signal, former);
      } catch (ReflectiveOperationException e) {
        throw new IllegalStateException("cannot restore the handler of signal " + name, e);
      }
    };
  }

  private static Object register(
      Class<?> signalType, Class<?> handlerType, Object signal, Object handler)
      throws ReflectiveOperationException {
    return signalType.getMethod("handle", signalType, handlerType).invoke(null, signal, handler);
  }

  /** Gives the signals back to who had them. */
  @Override
  public void close() {
    restorations.forEach(Runnable::run);
  }
}
