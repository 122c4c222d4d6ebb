package io.adaspec.runtime.simulation;

import java.util.ArrayList;
import java.util.List;

/** When requests arrive. */
public sealed interface Arrivals {
  /**
   * Arrival times in seconds, rising, below {@code seconds}.
   *
   * @param capacity requests per second that plain decoding can just serve; a load of 1
   */
  List<Double> times(double seconds, double capacity, Draws draws);

  /**
   * A renewal process whose rate changes from phase to phase; after the last phase it begins anew.
   */
  record Phases(List<Phase> phases) implements Arrivals {
    public Phases {
      phases = List.copyOf(phases);
      if (phases.isEmpty()) {
        throw new IllegalArgumentException("arrivals need at least one phase");
      }
    }

    @Override
    public List<Double> times(double seconds, double capacity, Draws draws) {
      List<Double> times = new ArrayList<>();
      double begin = 0;
      for (int i = 0; begin < seconds; i++) {
        Phase phase = phases.get(i % phases.size());
        double end = Math.min(seconds, begin + phase.seconds());
        double rate = phase.load() * capacity + phase.rate();
        double at = rate > 0 ? begin + draws.gamma(1 / rate, phase.cv()) : end;
        while (at < end) {
          times.add(at);
          at += draws.gamma(1 / rate, phase.cv());
        }
        begin += phase.seconds();
      }
      return times;
    }
  }

  /**
   * Steady traffic for a while: gaps are gamma-distributed.
   *
   * @param seconds how long
   * @param rate requests per second, added to
   * @param load share of the capacity
   * @param cv coefficient of variation of the gaps; 1 is a Poisson process
   */
  record Phase(double seconds, double rate, double load, double cv) {
    public Phase {
      if (!(seconds > 0) || !(rate >= 0) || !(load >= 0) || !(cv > 0)) {
        throw new IllegalArgumentException(
            "a phase of "
                + seconds
                + " s at rate "
                + rate
                + " and load "
                + load
                + " with cv "
                + cv
                + ": seconds and cv must be positive, rate and load not negative");
      }
    }
  }

  /**
   * A trace, again and again, in its own time. A higher load is that of more such services at once:
   * copies of the trace, shifted against each other at random, are laid on top of each other, and
   * requests of the last copy are thinned out, so that bursts stay as long and gaps as short as
   * they were recorded.
   *
   * @param trace which
   * @param seed of shifts and of thinning
   * @param load mean rate as a share of the capacity
   */
  record Overlay(Trace trace, long seed, double load) implements Arrivals {
    public Overlay {
      if (!(load > 0)) {
        throw new IllegalArgumentException("an overlaid trace needs a positive load, not " + load);
      }
    }

    @Override
    public List<Double> times(double seconds, double capacity, Draws draws) {
      Draws own = new Draws(seed, "overlay " + trace.name());
      double copies = load * capacity * trace.seconds() / trace.times().size();
      List<Double> times = new ArrayList<>();
      for (double left = copies; left > 0; left--) {
        double shift = left == copies ? 0 : own.uniform() * trace.seconds();
        for (double round = -shift; round < seconds; round += trace.seconds()) {
          for (double time : trace.times()) {
            double at = round + time;
            if (at >= 0 && at < seconds && (left >= 1 || own.uniform() < left)) {
              times.add(at);
            }
          }
        }
      }
      times.sort(null);
      return times;
    }
  }

  /**
   * A trace, again and again.
   *
   * @param trace which
   * @param speed how much faster than it was recorded; 0 to reach {@code load}
   * @param load mean rate as a share of the capacity, where speed is 0
   */
  record Replay(Trace trace, double speed, double load) implements Arrivals {
    public Replay {
      if (!(speed > 0) && !(load > 0)) {
        throw new IllegalArgumentException("a replayed trace needs a positive speed or load");
      }
    }

    @Override
    public List<Double> times(double seconds, double capacity, Draws draws) {
      double meanRate = trace.times().size() / trace.seconds();
      double factor = speed > 0 ? speed : load * capacity / meanRate;
      List<Double> times = new ArrayList<>();
      for (int round = 0; ; round++) {
        for (double time : trace.times()) {
          double at = (round * trace.seconds() + time) / factor;
          if (at >= seconds) {
            return times;
          }
          times.add(at);
        }
      }
    }
  }
}
