package io.adaspec.runtime.sampling;

import io.adaspec.runtime.request.Penalties;
import java.util.Arrays;

/**
 * The tokens whose logits {@link Penalties} change for one text: each once, with how often it
 * occurs; and the draft tokens that a step puts behind that text, so that a row behind some of them
 * counts those too.
 *
 * <p>What a row gets is a function of the text before it alone. Entries are in no order that
 * matters, since each changes a logit of its own. Grows with the text; memory is 16 bytes an entry
 * and its place in a hash table. Filled by one thread, then read by any.
 */
public final class PenalisedTokens {
  /** Those of a row without penalties. */
  public static final PenalisedTokens NONE = new PenalisedTokens(Penalties.none());

  private static final int FIRST_CAPACITY = 64;
  private static final int HASH = 0x9E3779B9;

  private final Penalties penalties;
  private int[] tokens = new int[FIRST_CAPACITY];
  private int[] uses = new int[FIRST_CAPACITY];
  private float[] biases = new float[FIRST_CAPACITY];

  /** [a power of two, at least twice the entries] entry of a token + 1; 0 where none is. */
  private int[] places = new int[2 * FIRST_CAPACITY];

  private int textEntries;
  private int entries;
  private int[] drafts = new int[8];
  private int drafted;

  /** For an empty text. */
  public PenalisedTokens(Penalties penalties) {
    this.penalties = penalties;
    clear();
  }

  public Penalties penalties() {
    return penalties;
  }

  /** Back to the empty text. */
  public void clear() {
    Arrays.fill(places, 0);
    textEntries = 0;
    entries = 0;
    drafted = 0;
    penalties.logitBias().forEach((token, bias) -> biases[entryOf(token)] = bias);
  }

  /**
   * Appends a token to the text, and forgets the draft.
   *
   * @param isOutput whether it is output or belongs to the prompt
   */
  public void append(int token, boolean isOutput) {
    clearDraft();
    if (isOutput ? penalties.countsOutput() : penalties.countsPrompt()) {
      int entry = entryOf(token);
      uses[entry] = isOutput ? uses[entry] + 2 : uses[entry] | 1;
    }
  }

  /** Forgets the draft. */
  public void clearDraft() {
    drafted = 0;
    entries = textEntries;
  }

  /** Appends a token to the draft. */
  public void draft(int token) {
    if (drafted == drafts.length) {
      drafts = Arrays.copyOf(drafts, 2 * drafted);
    }
    drafts[drafted++] = token;
    if (penalties.countsOutput() && place(token) < 0 && !isDraftEntry(token)) {
      makeRoom();
      add(token);
    }
  }

  /** Tokens whose logits may change, those of the draft included. */
  public int entries() {
    return entries;
  }

  public int token(int entry) {
    return tokens[entry];
  }

  /** Twice how often the entry's token occurs in the output, plus 1 if it does in the prompt. */
  public int uses(int entry) {
    return uses[entry];
  }

  public float bias(int entry) {
    return biases[entry];
  }

  /** Tokens of the draft. */
  public int drafted() {
    return drafted;
  }

  public int draftToken(int index) {
    return drafts[index];
  }

  /**
   * Changes the logits of one row.
   *
   * @param logits [offset + vocabulary, at least] one row from {@code offset} on
   * @param draftsBefore leading draft tokens that belong to the text before the row's choice
   */
  public void apply(float[] logits, int offset, int draftsBefore) {
    for (int entry = 0; entry < entries; entry++) {
      int count = uses[entry] >> 1;
      for (int i = 0; i < draftsBefore; i++) {
        count += drafts[i] == tokens[entry] ? 1 : 0;
      }
      int at = offset + tokens[entry];
      logits[at] = changed(logits[at], count, (uses[entry] & 1) != 0, biases[entry]);
    }
  }

  private float changed(float logit, int count, boolean inPrompt, float bias) {
    float z = logit;
    if (count > 0 || inPrompt) {
      z = z > 0 ? z / penalties.repetition() : z * penalties.repetition();
    }
    z -= penalties.frequency() * count;
    if (count > 0) {
      z -= penalties.presence();
    }
    return z + bias;
  }

  private boolean isDraftEntry(int token) {
    for (int entry = textEntries; entry < entries; entry++) {
      if (tokens[entry] == token) {
        return true;
      }
    }
    return false;
  }

  /** The entry of a token of the text, made if need be. */
  private int entryOf(int token) {
    makeRoom();
    int place = place(token);
    if (place >= 0) {
      return places[place] - 1;
    }
    places[~place] = add(token) + 1;
    textEntries = entries;
    return entries - 1;
  }

  private int add(int token) {
    tokens[entries] = token;
    uses[entries] = 0;
    biases[entries] = 0;
    return entries++;
  }

  /** Where a token stands; if nowhere, the bitwise complement of where it belongs. */
  private int place(int token) {
    int mask = places.length - 1;
    int place = (token * HASH) >>> Integer.numberOfLeadingZeros(mask);
    while (places[place] != 0) {
      if (tokens[places[place] - 1] == token) {
        return place;
      }
      place = (place + 1) & mask;
    }
    return ~place;
  }

  /** For one more entry. */
  private void makeRoom() {
    if (entries < tokens.length) {
      return;
    }
    biases = Arrays.copyOf(biases, 2 * entries);
    uses = Arrays.copyOf(uses, 2 * entries);
    int[] moved = Arrays.copyOf(tokens, 2 * entries);
    places = new int[4 * entries];
    tokens = moved; // last, since their number says how much room there is
    for (int entry = 0; entry < textEntries; entry++) {
      places[~place(tokens[entry])] = entry + 1;
    }
  }
}
