package io.adaspec.api.cli;

import io.adaspec.runtime.speculation.CostProfile;
import io.adaspec.runtime.speculation.CostProfile.Measurement;
import io.adaspec.runtime.speculation.CostProfile.Pass;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.TreeSet;

/** A profile for people: for each kind of pass, rows down and contexts across. */
final class ProfileTable {
  private ProfileTable() {}

  static String text(CostProfile profile) {
    StringBuilder text = new StringBuilder();
    for (Pass pass : Pass.values()) {
      List<Measurement> samples =
          profile.samples().stream().filter(sample -> sample.pass() == pass).toList();
      if (!samples.isEmpty()) {
        append(text, pass, samples);
      }
    }
    return text.append(
            String.format(
                Locale.ROOT,
                "outside passes: %.1f us a step, %.2f us a sequence; a prefill row saves %.1f us%n",
                profile.stepNanos() / 1e3,
                profile.sequenceNanos() / 1e3,
                profile.prefillSavingNanosPerRow() / 1e3))
        .toString();
  }

  private static void append(StringBuilder text, Pass pass, List<Measurement> samples) {
    TreeSet<Integer> contexts = new TreeSet<>();
    TreeMap<Integer, TreeMap<Integer, Double>> byRows = new TreeMap<>();
    for (Measurement sample : samples) {
      contexts.add(sample.contextTokens());
      byRows
          .computeIfAbsent(sample.rows(), rows -> new TreeMap<>())
          .put(sample.contextTokens(), sample.nanos());
    }
    text.append(String.format("%n%s, ms%n%12s", pass.name().toLowerCase(Locale.ROOT), "rows"));
    contexts.forEach(context -> text.append(String.format("%14s", "context " + context)));
    text.append(System.lineSeparator());
    byRows.forEach(
        (rows, times) -> {
          text.append(String.format("%12d", rows));
          for (int context : contexts) {
            String cell =
                times.containsKey(context)
                    ? String.format(Locale.ROOT, "%.3f", times.get(context) / 1e6)
                    : "";
            text.append(String.format("%14s", cell));
          }
          text.append(System.lineSeparator());
        });
  }
}
