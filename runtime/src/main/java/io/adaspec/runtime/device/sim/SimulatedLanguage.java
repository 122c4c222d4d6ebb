package io.adaspec.runtime.device.sim;

import io.adaspec.runtime.request.SamplingParams;
import io.adaspec.runtime.step.TokenHistory;

/**
 * Which token follows which text, for target and draft: pure functions of the text's hash. A draft
 * token is the target's or its neighbour, as the {@link DraftModel} says. Of how a request samples
 * only its seed matters, and whether it is greedy; penalties change nothing.
 */
final class SimulatedLanguage {
  private static final long TARGET = 0x7461726765740001L;
  private static final long END = 0x656e640000000001L;
  private static final long LOOKUP = 0x6c6f6f6b75700001L;
  private static final int FACE_TOKENS = 8;
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

  /** Key of a request: its seed and the beginning of its text. */
  long request(TokenHistory tokens, SamplingParams sampling) {
    long face = sampling.seed() ^ Hashing.mix(settings.seed());
    for (int i = 0; i < Math.min(FACE_TOKENS, tokens.size()); i++) {
      face = SimulatedKv.after(face, tokens.get(i));
    }
    return face;
  }

  /** The draft's token after a text. */
  int draftToken(long text, SamplingParams sampling, boolean right) {
    int token = targetToken(text, sampling);
    return right ? token : (token + 1) % settings.vocabularySize();
  }

  /** Whether something like this text's end was said before. */
  boolean hasLookup(long text) {
    return Hashing.unit(text ^ LOOKUP) < settings.drafts().lookupShare();
  }

  /** Top-2 logit margin that goes with a confidence. */
  static float margin(float confidence) {
    return (float) Math.max(0, Math.log(confidence / (1 - confidence + LEAST)));
  }
}
