package io.adaspec.benchmarks.speed;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;

/** Repeated measurements of one thing, in tokens per second, beside those of a peer. */
final class Series {
  private final String what;
  private final OptionalDouble reference;
  private final List<Double> own = new ArrayList<>();
  private final List<Double> peer = new ArrayList<>();

  /**
   * @param reference what the reference reaches, scaled to this machine
   */
  Series(String what, OptionalDouble reference) {
    this.what = what;
    this.reference = reference;
  }

  void addOwn(double rate) {
    own.add(rate);
  }

  void addPeer(double rate) {
    peer.add(rate);
  }

  String what() {
    return what;
  }

  double median() {
    return median(own);
  }

  double least() {
    return own.stream().mapToDouble(Double::doubleValue).min().orElseThrow();
  }

  double most() {
    return own.stream().mapToDouble(Double::doubleValue).max().orElseThrow();
  }

  OptionalDouble reference() {
    return reference;
  }

  OptionalDouble peerMedian() {
    return peer.isEmpty() ? OptionalDouble.empty() : OptionalDouble.of(median(peer));
  }

  /** Median of the ratios of neighbouring measurements, which share the machine's mood. */
  OptionalDouble pairedRatio() {
    if (peer.isEmpty()) {
      return OptionalDouble.empty();
    }
    List<Double> ratios = new ArrayList<>();
    for (int i = 0; i < Math.min(own.size(), peer.size()); i++) {
      ratios.add(own.get(i) / peer.get(i));
    }
    return OptionalDouble.of(median(ratios));
  }

  private static double median(List<Double> values) {
    List<Double> sorted = values.stream().sorted().toList();
    int middle = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(middle)
        : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
  }
}
