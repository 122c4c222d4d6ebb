package io.adaspec.runtime.speculation.log;

import io.adaspec.runtime.speculation.CostModel;
import io.adaspec.runtime.speculation.CostProfile;
import io.adaspec.runtime.speculation.PolicySnapshot;
import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.zip.GZIPOutputStream;

/**
 * Writes a decision log: a gzip stream of tagged records; policies and cost models stand before the
 * first step that they hold for. Not thread-safe.
 */
public final class DecisionLogWriter implements AutoCloseable {
  /** Changes with what a record holds, so that a log of another version is named as such. */
  static final int MAGIC = 0x41445336;

  static final byte POLICY = 'P';
  static final byte COST = 'C';
  static final byte STEP = 'S';
  private static final int BUFFER = 1 << 16;

  private final DataOutputStream out;
  private final Map<String, PolicySnapshot> policies = new HashMap<>();
  private final Map<String, CostModel> costs = new HashMap<>();

  /** Creates the file or replaces it. */
  public DecisionLogWriter(Path file) throws IOException {
    out =
        new DataOutputStream(
            new BufferedOutputStream(
                new GZIPOutputStream(Files.newOutputStream(file), BUFFER), BUFFER));
    out.writeInt(MAGIC);
  }

  /** Appends a step. */
  public void write(LoggedStep step) throws IOException {
    String device = step.device();
    CostModel cost = step.decision().cost();
    if (!cost.equals(costs.put(device, cost))) {
      out.writeByte(COST);
      out.writeUTF(device);
      CostCodec.write(out, CostProfile.of(cost));
    }
    PolicySnapshot policy = step.decision().policy();
    if (!policy.equals(policies.put(device, policy))) {
      out.writeByte(POLICY);
      out.writeUTF(device);
      StepCodec.writePolicy(out, policy);
    }
    out.writeByte(STEP);
    out.writeUTF(device);
    StepCodec.writeStep(out, step);
  }

  @Override
  public void close() throws IOException {
    out.close();
  }
}
