package io.adaspec.runtime.speculation.log;

import io.adaspec.runtime.speculation.CostProfile;
import io.adaspec.runtime.speculation.PassCurve;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Cost profiles as bytes, without the measurements behind them. */
final class CostCodec {
  private static final int MOST_POINTS = 1 << 12;

  private CostCodec() {}

  static void write(DataOutputStream out, CostProfile profile) throws IOException {
    write(out, profile.target());
    out.writeBoolean(profile.draft().isPresent());
    if (profile.draft().isPresent()) {
      write(out, profile.draft().get());
    }
    out.writeDouble(profile.prefillSavingNanosPerRow());
    out.writeDouble(profile.stepNanos());
    out.writeDouble(profile.sequenceNanos());
  }

  static CostProfile read(DataInputStream in) throws IOException {
    try {
      PassCurve target = readCurve(in);
      Optional<PassCurve> draft = in.readBoolean() ? Optional.of(readCurve(in)) : Optional.empty();
      return new CostProfile(
          target, draft, in.readDouble(), in.readDouble(), in.readDouble(), List.of());
    } catch (IllegalArgumentException e) {
      throw new IOException("the decision log is damaged: " + e.getMessage(), e);
    }
  }

  private static void write(DataOutputStream out, PassCurve curve) throws IOException {
    out.writeInt(curve.rows().size());
    for (int i = 0; i < curve.rows().size(); i++) {
      out.writeInt(curve.rows().get(i));
      out.writeDouble(curve.nanos().get(i));
    }
    out.writeDouble(curve.nanosPerRead());
  }

  private static PassCurve readCurve(DataInputStream in) throws IOException {
    int points = in.readInt();
    if (points < 1 || points > MOST_POINTS) {
      throw new IOException("the decision log is damaged: a curve of " + points + " points");
    }
    List<Integer> rows = new ArrayList<>();
    List<Double> nanos = new ArrayList<>();
    for (int i = 0; i < points; i++) {
      rows.add(in.readInt());
      nanos.add(in.readDouble());
    }
    return new PassCurve(rows, nanos, in.readDouble());
  }
}
