package io.adaspec.actors;

/**
 * A message that may leave the JVM; Kryo serialises it, with fixed class ids. All kinds can be
 * listed from here, so that a test serialises each of them.
 */
public sealed interface WireMessage
    permits EngineProtocol.Command,
        EngineProtocol.Delivery,
        EngineProtocol.Control,
        WorkerProtocol.Command,
        WorkerProtocol.Reply {}
