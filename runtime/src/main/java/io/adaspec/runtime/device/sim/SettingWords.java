package io.adaspec.runtime.device.sim;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** The {@code key=value} words of a simulated device's name; knows which were never asked for. */
final class SettingWords {
  /**
   * Keys of a draft's quality; {@code acceptance} is both of the two before it. With {@code later.}
   * in front they say what it becomes after {@code changeAfter} seconds of work. {@code
   * recorded=FILE} plays back a recording instead.
   */
  static final List<String> DRAFT_KEYS =
      List.of(
          "easyAcceptance",
          "hardAcceptance",
          "acceptance",
          "easy",
          "requestSpread",
          "tokenSpread",
          "slope",
          "bias",
          "noise");

  private final Map<String, String> unread;
  private final TreeSet<String> known = new TreeSet<>();

  SettingWords(Map<String, String> words) {
    this.unread = new LinkedHashMap<>(words);
  }

  double number(String key, double otherwise) {
    known.add(key);
    String value = unread.remove(key);
    if (value == null) {
      return otherwise;
    }
    try {
      return Double.parseDouble(value);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "simulated device: " + key + "=" + value + " is not a number", e);
    }
  }

  DraftSettings drafts(DraftQuality otherwise) {
    double changeSeconds = number("changeAfter", Double.POSITIVE_INFINITY);
    double lookups = number("lookups", 0);
    DraftQuality first = quality("", otherwise);
    DraftQuality later = quality("later.", first);
    known.add("recorded");
    String recording = unread.remove("recorded");
    DraftModel model =
        recording == null
            ? new DraftModel.Drawn(first)
            : RecordedAcceptance.read(Path.of(recording));
    return new DraftSettings(model, new DraftModel.Drawn(later), 1e9 * changeSeconds, lookups);
  }

  private DraftQuality quality(String prefix, DraftQuality otherwise) {
    double both = number(prefix + "acceptance", Double.NaN);
    return new DraftQuality(
        number(prefix + "easy", otherwise.easyShare()),
        number(prefix + "easyAcceptance", Double.isNaN(both) ? otherwise.easyAcceptance() : both),
        number(prefix + "hardAcceptance", Double.isNaN(both) ? otherwise.hardAcceptance() : both),
        number(prefix + "requestSpread", otherwise.requestSpread()),
        number(prefix + "tokenSpread", otherwise.tokenSpread()),
        number(prefix + "slope", otherwise.slope()),
        number(prefix + "bias", otherwise.bias()),
        number(prefix + "noise", otherwise.noise()));
  }

  void requireAllRead() {
    if (!unread.isEmpty()) {
      throw new IllegalArgumentException(
          "simulated device: unknown keys " + unread.keySet() + "; known: " + known);
    }
  }
}
