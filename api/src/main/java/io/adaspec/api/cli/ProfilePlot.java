package io.adaspec.api.cli;

import io.adaspec.runtime.speculation.CostProfile;
import io.adaspec.runtime.speculation.CostProfile.Measurement;
import io.adaspec.runtime.speculation.CostProfile.Pass;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/** A profile as SVG: milliseconds over rows, both logarithmic; dots measured, lines modelled. */
final class ProfilePlot {
  private static final int WIDTH = 720;
  private static final int HEIGHT = 460;
  private static final int MARGIN = 60;
  private static final List<String> COLOURS = List.of("#1f77b4", "#2ca02c", "#9467bd", "#d62728");

  private final CostProfile profile;
  private final double mostRows;
  private final double leastNanos;
  private final double mostNanos;
  private final StringBuilder svg = new StringBuilder();

  private ProfilePlot(CostProfile profile) {
    this.profile = profile;
    this.mostRows = profile.samples().stream().mapToInt(Measurement::rows).max().orElse(1);
    this.leastNanos = profile.samples().stream().mapToDouble(Measurement::nanos).min().orElse(1);
    this.mostNanos = profile.samples().stream().mapToDouble(Measurement::nanos).max().orElse(1);
  }

  static String svg(String title, CostProfile profile) {
    return new ProfilePlot(profile).draw(title);
  }

  private String draw(String title) {
    svg.append(
        String.format(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\""
                + " font-family=\"sans-serif\" font-size=\"11\">%n",
            WIDTH, HEIGHT));
    svg.append("<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n");
    text(MARGIN, 20, escaped(title));
    text(WIDTH / 2, HEIGHT - 12, "rows");
    text(8, MARGIN - 14, "milliseconds");
    for (int rows = 1; rows <= mostRows; rows *= 2) {
      line(x(rows), MARGIN, x(rows), HEIGHT - MARGIN, "#ddd");
      text(x(rows) - 4, HEIGHT - MARGIN + 16, Integer.toString(rows));
    }
    for (double nanos = Math.pow(10, Math.floor(Math.log10(leastNanos)));
        nanos <= mostNanos;
        nanos *= 10) {
      if (nanos >= leastNanos) {
        line(MARGIN, y(nanos), WIDTH - MARGIN, y(nanos), "#ddd");
        text(8, y(nanos) + 4, Double.toString(nanos / 1e6));
      }
    }
    Pass[] passes = Pass.values();
    for (int i = 0; i < passes.length; i++) {
      text(WIDTH - MARGIN - 70, MARGIN + 16 * (i + 1), label(passes[i]), COLOURS.get(i));
      draw(passes[i], COLOURS.get(i));
    }
    return svg.append("</svg>\n").toString();
  }

  private void draw(Pass pass, String colour) {
    double lastX = 0;
    double lastY = 0;
    int lastContext = -1;
    List<Measurement> samples =
        profile.samples().stream()
            .filter(sample -> sample.pass() == pass)
            .sorted(
                Comparator.comparingInt(Measurement::contextTokens)
                    .thenComparingInt(Measurement::rows))
            .toList();
    for (Measurement sample : samples) {
      double x = x(sample.rows());
      svg.append(
          String.format(
              Locale.ROOT,
              "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"/>%n",
              x,
              y(sample.nanos()),
              colour));
      double y = y(Math.max(leastNanos, modelled(sample)));
      if (sample.contextTokens() == lastContext) {
        line(lastX, lastY, x, y, colour);
      }
      lastX = x;
      lastY = y;
      lastContext = sample.contextTokens();
    }
  }

  private double modelled(Measurement sample) {
    long reads = (long) sample.rows() * (sample.contextTokens() + 1);
    return switch (sample.pass()) {
      case DRAFT -> profile.draftPassNanos(sample.rows(), reads);
      case DECODE -> profile.targetPassNanos(sample.rows(), reads);
      case VERIFY -> profile.targetPassNanos(sample.rows(), reads / 2);
      case PREFILL ->
          profile.targetPassNanos(sample.rows(), sample.rows())
              - profile.prefillSavingNanos(sample.rows());
    };
  }

  private double x(double rows) {
    double share = mostRows <= 1 ? 0 : Math.log(rows) / Math.log(mostRows);
    return MARGIN + share * (WIDTH - 2 * MARGIN);
  }

  private double y(double nanos) {
    double range = Math.log(mostNanos / leastNanos);
    double share = range <= 0 ? 0 : Math.log(nanos / leastNanos) / range;
    return HEIGHT - MARGIN - share * (HEIGHT - 2 * MARGIN);
  }

  private void text(double x, double y, String what) {
    text(x, y, what, "black");
  }

  private void text(double x, double y, String what, String colour) {
    svg.append(
        String.format(
            Locale.ROOT,
            "<text x=\"%.1f\" y=\"%.1f\" fill=\"%s\">%s</text>%n",
            x,
            y,
            colour,
            what));
  }

  private void line(double x1, double y1, double x2, double y2, String colour) {
    svg.append(
        String.format(
            Locale.ROOT,
            "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\"/>%n",
            x1,
            y1,
            x2,
            y2,
            colour));
  }

  private static String label(Pass pass) {
    return pass.name().toLowerCase(Locale.ROOT);
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;");
  }
}
