package io.adaspec.runtime.speculation.log;

import io.adaspec.runtime.speculation.CostModel;
import io.adaspec.runtime.speculation.PolicySnapshot;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/** Reads a decision log step by step. Not thread-safe. */
public final class DecisionLogReader implements AutoCloseable {
  private final Path file;
  private final DataInputStream in;
  private final Map<String, PolicySnapshot> policies = new HashMap<>();
  private final Map<String, CostModel> costs = new HashMap<>();

  /**
   * @throws IOException if the file cannot be read or is no decision log
   */
  public DecisionLogReader(Path file) throws IOException {
    this.file = file;
    DataInputStream opened = new DataInputStream(new BufferedInputStream(unpacked(file)));
    if (opened.readInt() != DecisionLogWriter.MAGIC) {
      opened.close();
      throw new IOException(file + " is no decision log of this version");
    }
    this.in = opened;
  }

  private static InputStream unpacked(Path file) throws IOException {
    InputStream packed = Files.newInputStream(file);
    try {
      return new GZIPInputStream(packed);
    } catch (ZipException | EOFException e) {
      packed.close();
      throw new IOException(file + " is no decision log", e);
    }
  }

  /**
   * The next step; empty at the end. A log whose writer was killed ends at its last whole step.
   *
   * @throws IOException if the log is damaged
   */
  public Optional<LoggedStep> next() throws IOException {
    while (true) {
      try {
        int tag = in.read();
        if (tag < 0) {
          return Optional.empty();
        }
        String device = in.readUTF();
        switch ((byte) tag) {
          case DecisionLogWriter.COST -> costs.put(device, CostCodec.read(in));
          case DecisionLogWriter.POLICY -> policies.put(device, StepCodec.readPolicy(in));
          case DecisionLogWriter.STEP -> {
            return Optional.of(
                StepCodec.readStep(in, device, known(policies, device), known(costs, device)));
          }
          default -> throw new IOException(file + " is damaged: it has a record of kind " + tag);
        }
      } catch (EOFException e) {
        return Optional.empty();
      } catch (IllegalArgumentException e) {
        throw new IOException(file + " is damaged: " + e.getMessage(), e);
      }
    }
  }

  private <T> T known(Map<String, T> values, String device) throws IOException {
    T value = values.get(device);
    if (value == null) {
      throw new IOException(file + " is damaged: a step of " + device + " without policy or cost");
    }
    return value;
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
