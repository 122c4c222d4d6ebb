package io.adaspec.runtime.device.sim;

import io.adaspec.runtime.request.SamplingParams;
import io.adaspec.runtime.step.TokenHistory;

/**
 * Which token follows which text, for target and draft: pure functions of the text's hash. A draft
 * token equals the target's with a probability of its own, which its confidence reflects as far as
 * the settings let it.
 */
final class SimulatedLanguage {
  private static final long TARGET = 0x7461726765740001L;
  private static final long END = 0x656e640000000001L;
  private static final long DRAFT = 0x6472616674000001L;
  private static final long DIFFICULTY = 0x6469666669000001L;
  private static final int FACE_TOKENS = 8;
  private static final double DIFFICULTY_SPREAD = 0.25;
  private static final double LEAST = 1e-3;

  private final SimulatedSettings settings;

  SimulatedLanguage(SimulatedSettings settings) {
    this.settings = settings;
  }

  /** The target's token after a text; sampled ones depend on the request's seed. */
  int targetToken(long text, SamplingParams sampling) {
    long key = text ^ (sampling.isGreedy() ? 0 : Hashing.mix(sampling.seed()));
    if (settings.stopToken() >= 0 && Hashing.unit(key ^ END) < 1 / settings.meanOutput()) {
      return settings.stopToken();
    }
    int token = (int) Long.remainderUnsigned(Hashing.mix(key ^ TARGET), settings.vocabularySize());
    return token == settings.stopToken() ? (token + 1) % settings.vocabularySize() : token;
  }

  /** How likely this sequence's draft tokens are right, drawn once per text beginning. */
  double sequenceAcceptance(TokenHistory tokens, SamplingParams sampling) {
    long face = sampling.seed();
    for (int i = 0; i < Math.min(FACE_TOKENS, tokens.size()); i++) {
      face = SimulatedKv.after(face, tokens.get(i));
    }
    double offset = (2 * Hashing.unit(face ^ settings.seed()) - 1) * settings.spread();
    return Math.clamp(settings.acceptance() + offset, LEAST, 1 - LEAST);
  }

  /** How likely the draft token after this text is right. */
  double tokenAcceptance(double sequenceAcceptance, long text) {
    double offset = (2 * Hashing.unit(text ^ DIFFICULTY) - 1) * DIFFICULTY_SPREAD;
    double room = Math.min(sequenceAcceptance, 1 - sequenceAcceptance);
    return Math.clamp(sequenceAcceptance + Math.clamp(offset, -room, room), LEAST, 1 - LEAST);
  }

  float confidence(double tokenAcceptance) {
    return (float) Math.pow(tokenAcceptance, settings.confidenceExponent());
  }

  /** Top-2 logit margin that goes with a confidence. */
  static float margin(float confidence) {
    return (float) Math.max(0, Math.log(confidence / (1 - confidence + LEAST)));
  }

  /** The draft's token after a text. */
  int draftToken(long text, SamplingParams sampling, double tokenAcceptance) {
    int right = targetToken(text, sampling);
    if (Hashing.unit(text ^ DRAFT) < tokenAcceptance) {
      return right;
    }
    return (right + 1) % settings.vocabularySize();
  }
}
