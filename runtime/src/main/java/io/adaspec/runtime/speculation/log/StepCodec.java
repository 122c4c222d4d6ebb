package io.adaspec.runtime.speculation.log;

import io.adaspec.runtime.request.ServiceClass;
import io.adaspec.runtime.request.SloTarget;
import io.adaspec.runtime.speculation.BatchView;
import io.adaspec.runtime.speculation.ClassPolicies;
import io.adaspec.runtime.speculation.ClassPolicy;
import io.adaspec.runtime.speculation.CostModel;
import io.adaspec.runtime.speculation.DrafterKind;
import io.adaspec.runtime.speculation.PayingDrafters;
import io.adaspec.runtime.speculation.PolicySnapshot;
import io.adaspec.runtime.speculation.StepDecision;
import io.adaspec.runtime.speculation.StepReport;
import io.adaspec.runtime.speculation.Verifier;
import io.adaspec.runtime.speculation.WaitingView;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Steps as bytes: whole numbers in groups of 7 bits, lowest first, confidences as they are, so that
 * a replay sees what the strategy saw.
 */
final class StepCodec {
  private static final int MOST_SEQUENCES = 1 << 16;
  private static final int MOST_DRAFT = 64;

  private StepCodec() {}

  static void writePolicy(DataOutputStream out, PolicySnapshot policy) throws IOException {
    writeLong(out, policy.version());
    out.writeUTF(policy.strategy());
    writeConstant(out, policy.drafter());
    out.writeByte(policy.draftCap());
    writeConstant(out, policy.verifier());
    for (ServiceClass each : ServiceClass.values()) {
      ClassPolicy own = policy.classes().of(each);
      writeConstant(out, own.drafter());
      out.writeByte(own.draftCap());
      out.writeBoolean(own.drafterFixed());
      out.writeBoolean(own.capFixed());
    }
  }

  static PolicySnapshot readPolicy(DataInputStream in) throws IOException {
    return new PolicySnapshot(
        readLong(in),
        in.readUTF(),
        constant(DrafterKind.class, in),
        in.readByte(),
        constant(Verifier.class, in),
        new ClassPolicies(readClass(in), readClass(in), readClass(in)));
  }

  private static ClassPolicy readClass(DataInputStream in) throws IOException {
    return new ClassPolicy(
        constant(DrafterKind.class, in), in.readByte(), in.readBoolean(), in.readBoolean());
  }

  static void writeStep(DataOutputStream out, LoggedStep step) throws IOException {
    WaitingView waiting = step.decision().waiting();
    writeLong(out, waiting.requests());
    writeLong(out, waiting.promptTokens());
    out.writeLong(waiting.tightestTtftSlackNanos());
    out.writeDouble(waiting.neededTokensPerNano());
    out.writeDouble(step.decision().gainNanos());
    BatchView batch = step.decision().batch();
    writeLong(out, batch.size());
    for (BatchView.Entry entry : batch.entries()) {
      writeEntry(out, entry);
    }
    writeReport(out, step.report());
  }

  static LoggedStep readStep(
      DataInputStream in, String device, PolicySnapshot policy, CostModel cost) throws IOException {
    WaitingView waiting =
        new WaitingView(readInt(in), readLong(in), in.readLong(), in.readDouble());
    double gainNanos = in.readDouble();
    int size = readCount(in, MOST_SEQUENCES);
    List<BatchView.Entry> entries = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      entries.add(readEntry(in));
    }
    StepDecision decision =
        new StepDecision(waiting, new BatchView(entries), policy, cost, gainNanos);
    return new LoggedStep(device, decision, readReport(in, policy));
  }

  private static void writeEntry(DataOutputStream out, BatchView.Entry entry) throws IOException {
    writeLong(out, entry.sequence());
    writeLong(out, entry.contextTokens());
    writeLong(out, entry.rows());
    out.writeBoolean(entry.samples());
    writeLong(out, entry.draftLimit());
    writeLong(out, entry.draftLag());
    writeLong(out, entry.draftStart());
    writeLong(out, entry.emittedTokens());
    writeConstant(out, entry.serviceClass());
    writeLong(out, entry.slo().ttftNanos());
    writeLong(out, entry.slo().tpotNanos());
    writeLong(out, entry.decodeElapsedNanos());
    writeLong(out, entry.remainingTokens());
    out.writeBoolean(entry.missedTtft());
    out.writeDouble(entry.acceptanceRate());
    writeConstant(out, entry.drafter());
    out.writeBoolean(entry.paying().model());
    out.writeBoolean(entry.paying().lookup());
  }

  private static BatchView.Entry readEntry(DataInputStream in) throws IOException {
    return new BatchView.Entry(
        readLong(in),
        readInt(in),
        readInt(in),
        in.readBoolean(),
        readInt(in),
        readInt(in),
        readInt(in),
        readInt(in),
        constant(ServiceClass.class, in),
        new SloTarget(readLong(in), readLong(in)),
        readLong(in),
        readInt(in),
        in.readBoolean(),
        in.readDouble(),
        constant(DrafterKind.class, in),
        new PayingDrafters(in.readBoolean(), in.readBoolean()));
  }

  private static void writeReport(DataOutputStream out, StepReport report) throws IOException {
    writeLong(out, report.planId());
    writeLong(out, report.atNanos());
    out.writeDouble(report.predictedNanos());
    writeLong(out, report.totalNanos());
    writeLong(out, report.executeNanos());
    writeLong(out, report.draftNanos());
    writeLong(out, report.verifyNanos());
    writeLong(out, report.draftPasses());
    writeLong(out, report.draftRows());
    writeLong(out, report.draftContextReads());
    writeLong(out, report.targetRows());
    writeLong(out, report.targetContextReads());
    writeLong(out, report.prefillRows());
    writeLong(out, report.emittedTokens());
    writeLong(out, report.preemptions());
    writeLong(out, report.sequences().size());
    for (StepReport.Drafted drafted : report.sequences()) {
      writeLong(out, drafted.sequence());
      writeConstant(out, drafted.drafter());
      writeLong(out, drafted.drafted());
      writeLong(out, drafted.verified());
      writeLong(out, drafted.accepted());
      writeLong(out, drafted.emitted());
      for (int i = 0; i < drafted.drafted(); i++) {
        out.writeFloat(drafted.confidences()[i]);
        out.writeFloat(drafted.margins()[i]);
      }
      out.writeDouble(drafted.acceptanceRate());
    }
  }

  private static StepReport readReport(DataInputStream in, PolicySnapshot policy)
      throws IOException {
    return new StepReport(
        readLong(in),
        policy.version(),
        policy.strategy(),
        readLong(in),
        in.readDouble(),
        readLong(in),
        readLong(in),
        readLong(in),
        readLong(in),
        readInt(in),
        readInt(in),
        readLong(in),
        readInt(in),
        readLong(in),
        readInt(in),
        readInt(in),
        readInt(in),
        readDrafted(in));
  }

  private static List<StepReport.Drafted> readDrafted(DataInputStream in) throws IOException {
    int size = readCount(in, MOST_SEQUENCES);
    List<StepReport.Drafted> all = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      long sequence = readLong(in);
      DrafterKind drafter = constant(DrafterKind.class, in);
      int drafted = readCount(in, MOST_DRAFT);
      int verified = readInt(in);
      int accepted = readInt(in);
      int emitted = readInt(in);
      float[] confidences = new float[drafted];
      float[] margins = new float[drafted];
      for (int j = 0; j < drafted; j++) {
        confidences[j] = in.readFloat();
        margins[j] = in.readFloat();
      }
      all.add(
          new StepReport.Drafted(
              sequence,
              drafter,
              drafted,
              verified,
              accepted,
              emitted,
              confidences,
              margins,
              in.readDouble()));
    }
    return all;
  }

  private static void writeConstant(DataOutputStream out, Enum<?> constant) throws IOException {
    out.writeUTF(constant.name());
  }

  private static <E extends Enum<E>> E constant(Class<E> type, DataInputStream in)
      throws IOException {
    return Enum.valueOf(type, in.readUTF());
  }

  private static int readCount(DataInputStream in, int most) throws IOException {
    int count = readInt(in);
    if (count > most) {
      throw new IOException("the decision log is damaged: a count of " + count);
    }
    return count;
  }

  private static int readInt(DataInputStream in) throws IOException {
    long value = readLong(in);
    if (value != (int) value || value < 0) {
      throw new IOException("the decision log is damaged: a number of " + value);
    }
    return (int) value;
  }

  /** Not for negative numbers, which take ten bytes. */
  private static void writeLong(DataOutputStream out, long value) throws IOException {
    long left = value;
    while ((left & ~0x7FL) != 0) {
      out.writeByte((int) ((left & 0x7F) | 0x80));
      left >>>= 7;
    }
    out.writeByte((int) left);
  }

  private static long readLong(DataInputStream in) throws IOException {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      int group = in.readUnsignedByte();
      value |= (long) (group & 0x7F) << shift;
      if (group < 0x80) {
        return value;
      }
    }
    throw new IOException("the decision log is damaged: a number of more than 64 bits");
  }
}
