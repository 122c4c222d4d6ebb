package io.adaspec.runtime.model;

import io.adaspec.runtime.kvcache.KvGeometry;
import io.adaspec.runtime.request.SamplingParams;
import java.util.Optional;

/**
 * One model on one device, with its own paged KV memory; the same interface for target and draft,
 * CPU and CUDA.
 *
 * <p>Stateless but for the bytes in its KV blocks and the logits of the last pass. The result of a
 * row does not depend, bit for bit, on the other rows of the batch nor on how a sequence was cut
 * into passes, unless its device says that it is not bit-exact: then rows that compute a prompt
 * may. Called by one thread. Failures of the device are {@code
 * io.adaspec.runtime.device.DeviceException}s.
 */
public interface ModelRunner extends AutoCloseable {
  ModelConfig config();

  KvGeometry kvGeometry();

  /** Number of KV blocks; block ids are 0 to this − 1. */
  int kvBlocks();

  /** The most rows of one pass. */
  int maxRows();

  /**
   * Computes all rows, writes their keys and values, and keeps the logits of the rows that need
   * them until the next pass.
   *
   * @throws IllegalArgumentException if the batch has more than {@link #maxRows} rows
   */
  void forward(ForwardBatch batch);

  /**
   * Chooses a token for every logit row of the last pass: the Gumbel-max sample of the transformed
   * distribution with noise keyed by (seed, position), or the most likely token (lowest id among
   * equals) when greedy.
   *
   * <p>Penalties change the pass's logits themselves, so {@link #distribution} and rejection
   * verification find them changed; a pass is sampled with penalties once.
   *
   * @param sampling one entry per logit row, in order
   * @param out receives tokens, confidences and margins
   */
  void sample(RowSampling sampling, RowSamples out);

  /** The most logit rows that {@link #forwardAndDraft} takes; 0 where it is not there. */
  default int mostDraftedAtOnce() {
    return 0;
  }

  /**
   * A pass with its sampling and, behind it, passes of one row for each of its logit rows that has
   * drafts left: the token sampled last, at the next position, sampled likewise. The same bits as
   * {@link #forward} and {@link #sample} in turn, with less waiting between.
   *
   * @param batch logit rows are the last rows of their sequences
   * @param sampling one entry per logit row, in order, without penalties
   * @param drafts [logit rows] tokens to sample for each, at least one; its block table holds them
   *     all but the last
   * @param out receives the samples of the first pass, then of the second (of the logit rows with
   *     more than one draft, in order), and so on
   * @throws UnsupportedOperationException if the runner has no such way
   */
  default void forwardAndDraft(
      ForwardBatch batch, RowSampling sampling, int[] drafts, RowSamples out) {
    throw new UnsupportedOperationException("this runner drafts pass by pass");
  }

  /**
   * Rejection verification on the device.
   *
   * @param draft the model that drafts, if one does
   * @return empty where distributions of both models have to be read
   */
  default Optional<DeviceRejection> rejectionOf(Optional<ModelRunner> draft) {
    return Optional.empty();
  }

  /**
   * The transformed distribution of one logit row of the last pass (for rejection sampling and
   * tests); with penalties if it was sampled with them.
   *
   * @param out [vocabulary] receives probabilities that sum to 1; one-hot when greedy
   */
  void distribution(int logitRow, SamplingParams params, float[] out);

  /**
   * The logits of one logit row of the last pass (for tests and logprobs), raw unless it was
   * sampled with penalties.
   *
   * @param out [vocabulary] receives the logits
   */
  void logits(int logitRow, float[] out);

  @Override
  void close();
}
