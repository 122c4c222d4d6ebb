package io.adaspec.runtime.drafting;

import io.adaspec.runtime.model.RowSampling;
import io.adaspec.runtime.request.Penalties;
import io.adaspec.runtime.sampling.PenalisedTokens;
import io.adaspec.runtime.step.SequenceWork;
import io.adaspec.runtime.step.TokenHistory;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * How often tokens occur in the texts of sequences with {@link Penalties}, for the rows of a step's
 * draft passes and its target pass.
 *
 * <p>A cache by sequence that grows by what a step adds. It keeps the tokens that it counted and
 * compares them, so whatever came between (preemption, failover, a scheduler that began anew), a
 * text that does not continue them is counted anew. A text that took part in none of the last
 * {@value #STEPS_KEPT} steps is forgotten. Sequences without penalties cost a comparison. Not
 * thread-safe.
 */
public final class TextPenalties {
  private static final int STEPS_KEPT = 64;

  private final int vocabulary;
  private final Map<Long, Text> texts = new HashMap<>();
  private PenalisedTokens[] ofEntry = new PenalisedTokens[0];
  private boolean any;
  private long step;

  /**
   * @param vocabulary tokens of the models
   */
  public TextPenalties(int vocabulary) {
    this.vocabulary = vocabulary;
  }

  /**
   * Takes up the sequences of a step; those that will not sample in it count as without penalties.
   *
   * @throws IllegalArgumentException if one biases a token outside of the vocabulary
   */
  public void begin(List<SequenceWork> work) {
    step++;
    any = false;
    for (int entry = 0; entry < work.size(); entry++) {
      SequenceWork sequence = work.get(entry);
      if (!sequence.sampling().penalties().isNone() && sequence.samples()) {
        if (!any) {
          begin(entry, work.size());
        }
        ofEntry[entry] = counted(sequence);
      } else if (any) {
        ofEntry[entry] = PenalisedTokens.NONE;
      }
    }
    if (!texts.isEmpty()) {
      texts.values().removeIf(text -> step - text.lastStep > STEPS_KEPT);
    }
  }

  /** The first entry with penalties is there. */
  private void begin(int entry, int entries) {
    any = true;
    if (ofEntry.length < entries) {
      ofEntry = new PenalisedTokens[2 * entries];
    }
    Arrays.fill(ofEntry, 0, entry, PenalisedTokens.NONE);
  }

  private PenalisedTokens counted(SequenceWork sequence) {
    Penalties penalties = sequence.sampling().penalties();
    Text text = texts.get(sequence.sequence());
    if (text == null || !text.tokens.penalties().equals(penalties)) {
      requireKnown(sequence.sequence(), penalties);
      text = new Text(penalties);
      texts.put(sequence.sequence(), text);
    }
    text.lastStep = step;
    text.follow(sequence.tokens());
    return text.tokens;
  }

  private void requireKnown(long sequence, Penalties penalties) {
    for (int token : penalties.logitBias().keySet()) {
      if (token >= vocabulary) {
        throw new IllegalArgumentException(
            "sequence "
                + sequence
                + " biases token "
                + token
                + ", and the vocabulary has "
                + vocabulary);
      }
    }
  }

  /** Whether an entry of the step has penalties. */
  public boolean any() {
    return any;
  }

  /** Texts that are counted. */
  public int texts() {
    return texts.size();
  }

  /**
   * Gives the logit row added last the penalties that its entry has there.
   *
   * @param draftsBefore the row chooses the token behind so many of the entry's draft tokens
   */
  public void penalise(RowSampling rows, int entry, int draftsBefore, Drafts drafts) {
    if (any && ofEntry[entry] != PenalisedTokens.NONE) {
      PenalisedTokens tokens = ofEntry[entry];
      while (tokens.drafted() < draftsBefore) {
        tokens.draft(drafts.token(entry, tokens.drafted()));
      }
      rows.penalise(tokens, draftsBefore);
    }
  }

  /** The tokens of one text, and those that are counted of them. */
  private static final class Text {
    private final PenalisedTokens tokens;
    private int[] counted = new int[0];
    private int size;
    private int promptTokens;
    private long lastStep;

    Text(Penalties penalties) {
      tokens = new PenalisedTokens(penalties);
    }

    void follow(TokenHistory history) {
      if (history.promptTokens() != promptTokens || !history.startsWith(counted, size)) {
        tokens.clear();
        size = 0;
        promptTokens = history.promptTokens();
      }
      if (counted.length < history.size()) {
        counted = Arrays.copyOf(counted, Math.max(history.size(), 2 * size));
      }
      tokens.clearDraft();
      for (; size < history.size(); size++) {
        counted[size] = history.get(size);
        tokens.append(counted[size], size >= promptTokens);
      }
    }
  }
}
