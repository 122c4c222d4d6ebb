package io.adaspec.benchmarks.plot;

import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A line plot as SVG text: named lines over two linear axes.
 *
 * @param title above the plot
 * @param xAxis below it
 * @param yAxis beside it
 */
public record LinePlot(String title, String xAxis, String yAxis) {
  private static final int WIDTH = 640;
  private static final int HEIGHT = 400;
  private static final int LEFT = 60;
  private static final int RIGHT = 150;
  private static final int TOP = 36;
  private static final int BOTTOM = 48;
  private static final int TICKS = 5;
  private static final List<String> COLOURS =
      List.of(
          "#000000", "#a6cee3", "#1f78b4", "#08306b", "#b2df8a", "#33a02c", "#fdbf6f", "#cab2d6",
          "#ff7f00", "#6a3d9a", "#b15928", "#fb9a99", "#999999", "#17becf", "#bcbd22", "#e31a1c");

  /** Draws; points are [x, y] in rising x. */
  public String draw(Map<String, List<double[]>> lines) {
    double mostX = most(lines, 0);
    double mostY = most(lines, 1);
    StringBuilder svg = new StringBuilder();
    svg.append(
        String.format(
            Locale.ROOT,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
                + "font-family=\"sans-serif\" font-size=\"11\">%n<rect width=\"100%%\" "
                + "height=\"100%%\" fill=\"white\"/>%n",
            WIDTH,
            HEIGHT));
    text(svg, LEFT, TOP - 14, title);
    text(svg, LEFT + 120, HEIGHT - 12, xAxis);
    text(svg, 8, TOP - 14, "");
    svg.append(
        String.format(
            Locale.ROOT,
            "<text transform=\"translate(14 %d) rotate(-90)\">%s</text>%n",
            HEIGHT - BOTTOM - 20,
            yAxis));
    grid(svg, mostX, mostY);
    int number = 0;
    for (Map.Entry<String, List<double[]>> line : lines.entrySet()) {
      String colour = COLOURS.get(number % COLOURS.size());
      line(svg, line.getValue(), colour, mostX, mostY);
      int at = TOP + 10 + 18 * number++;
      svg.append(
          String.format(
              Locale.ROOT,
              "<rect x=\"%d\" y=\"%d\" width=\"14\" height=\"4\" fill=\"%s\"/>%n",
              WIDTH - RIGHT + 14,
              at - 6,
              colour));
      text(svg, WIDTH - RIGHT + 34, at, line.getKey());
    }
    return svg.append("</svg>\n").toString();
  }

  private static double most(Map<String, List<double[]>> lines, int axis) {
    double most = 0;
    for (List<double[]> points : lines.values()) {
      for (double[] point : points) {
        most = Math.max(most, point[axis]);
      }
    }
    return most == 0 ? 1 : 1.05 * most;
  }

  private static void grid(StringBuilder svg, double mostX, double mostY) {
    for (int tick = 0; tick <= TICKS; tick++) {
      double x = x(mostX * tick / TICKS, mostX);
      double y = y(mostY * tick / TICKS, mostY);
      svg.append(
          String.format(
              Locale.ROOT,
              "<line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#ddd\"/>%n",
              LEFT,
              WIDTH - RIGHT,
              y,
              y));
      text(svg, 26, (int) y + 4, String.format(Locale.ROOT, "%.3g", mostY * tick / TICKS));
      text(
          svg,
          (int) x - 8,
          HEIGHT - BOTTOM + 16,
          String.format(Locale.ROOT, "%.2g", mostX * tick / TICKS));
    }
  }

  private static void line(
      StringBuilder svg, List<double[]> points, String colour, double mostX, double mostY) {
    StringBuilder path = new StringBuilder();
    for (double[] point : points) {
      path.append(String.format(Locale.ROOT, "%.1f,%.1f ", x(point[0], mostX), y(point[1], mostY)));
    }
    svg.append(
        String.format(
            Locale.ROOT,
            "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"/>%n",
            path.toString().strip(),
            colour));
  }

  private static double x(double value, double most) {
    return LEFT + (WIDTH - LEFT - RIGHT) * value / most;
  }

  private static double y(double value, double most) {
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / most;
  }

  private static void text(StringBuilder svg, int x, int y, String text) {
    svg.append(String.format(Locale.ROOT, "<text x=\"%d\" y=\"%d\">%s</text>%n", x, y, text));
  }
}
