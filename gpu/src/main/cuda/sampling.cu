// Chooses tokens from logits without moving them off the device: the arithmetic of the runtime's
// TokenSampler and CounterRng, spread over slices of the vocabulary.
//
// Noise, weights, times and comparisons are the same operations in the same precision, so the same
// logits give the same token. Sums over the vocabulary are taken in a fixed order of slices (top-p in
// integers of 2^-44), so they do not depend on other rows; they may differ from the runtime's in the
// last bits of a double.
#include "distribution.cuh"

// Grid: slices by rows.
KERNEL(BLOCK) scan_logits(Global<const int> counts, Global<const float> logits, int stride,
                          int vocabulary, int first_row, Global<Scan> scans, int slices) {
  SHARED Scan of_warp[BLOCK / WARP];
  int row = first_row + block_y();
  if (row >= counts[PASS_LOGIT_ROWS]) {
    return;
  }
  int begin = block_x() * SLICE;
  int end = begin + SLICE < vocabulary ? begin + SLICE : vocabulary;
  Scan scan = {-INFINITY, -INFINITY, vocabulary, 0};
  for (int token = begin + thread_x(); token < end; token += BLOCK) {
    float logit = logits[(size_t)row * stride + token];
    scan = merge(scan, Scan{logit, -INFINITY, token, fabsf(logit) <= 3.402823466e38f ? 0 : 1});
  }
  for (int mask = WARP / 2; mask > 0; mask /= 2) {
    scan = merge(scan, shuffle(scan, mask));
  }
  if (thread_x() % WARP == 0) {
    of_warp[thread_x() / WARP] = scan;
  }
  block_barrier();
  if (thread_x() == 0) {
    for (int warp = 1; warp < BLOCK / WARP; warp++) {
      scan = merge(scan, of_warp[warp]);
    }
    scans[(size_t)row * slices + block_x()] = scan;
  }
}

// The rank of the least likely token that top-k, top-p and min-p keep. Grid: rows.
KERNEL(TRUNCATION_THREADS) truncate_logits(Global<const int> counts, Global<const float> logits, int stride,
                                           int vocabulary, int first_row, Global<const uint8_t> samplings,
                                           Global<const Scan> scans, int slices, Global<uint64_t> borders) {
  SHARED unsigned long long totals[DIGITS];
  SHARED uint64_t prefix;
  int row = first_row + block_x();
  if (row >= counts[PASS_LOGIT_ROWS]) {
    return;
  }
  RowSampling sampling = sampling_of(samplings, row);
  if (!(sampling.flags & SAMPLING_TRUNCATED)) {
    return;
  }
  float max = scan_of_row(scans, row, slices).max;
  Selection selection = {sampling, logits, (size_t)row * stride, vocabulary, max};
  uint64_t border = ~0ull;
  if (sampling.top_k > 0 && sampling.top_k < vocabulary) {
    border = selection.find(totals, &prefix, border, false, 0);
  }
  if (sampling.top_p < 1) {
    border = selection.find(totals, &prefix, border, true, sampling.top_p);
  }
  if (sampling.log_min_p > -INFINITY) {
    double lowest = max + sampling.log_min_p / sampling.inverse_temperature;
    float least = (float)lowest;
    if (least < lowest) {
      least = nextafterf(least, INFINITY);
    }
    uint64_t floor = rank_key(least, 0xFFFFFFFFu);
    border = floor < border ? floor : border;
  }
  if (thread_x() == 0) {
    borders[row] = border;
  }
}

DEVICE bool is_earlier(double time, int token, const Race& than) {
  return time < than.time || (time == than.time && token < than.token);
}

// The exponential race of a slice: the least E / weight, E = -log(1 - u). Grid: slices by rows.
KERNEL(BLOCK) race_tokens(Global<const int> counts, Global<const float> logits, int stride, int vocabulary,
                          int first_row, Global<const uint8_t> samplings, Global<const Scan> scans,
                          Global<const uint64_t> borders, int slices, Global<Race> races) {
  SHARED Race of_warp[BLOCK / WARP];
  SHARED double sums[BLOCK / WARP];
  SHARED double kept_sums[BLOCK / WARP];
  int row = first_row + block_y();
  if (row >= counts[PASS_LOGIT_ROWS]) {
    return;
  }
  RowSampling sampling = sampling_of(samplings, row);
  bool greedy = sampling.flags & SAMPLING_GREEDY;
  if (greedy && !(sampling.flags & SAMPLING_CONFIDENCE)) {
    return;
  }
  float max = scan_of_row(scans, row, slices).max;
  bool truncated = sampling.flags & SAMPLING_TRUNCATED;
  uint64_t border = truncated ? borders[row] : ~0ull;
  int end = block_x() * SLICE + SLICE < vocabulary ? block_x() * SLICE + SLICE : vocabulary;
  Race best = {INFINITY, 0, 0, 0, vocabulary, 0};
  double sum = 0;
  double kept_sum = 0;
  for (int token = block_x() * SLICE + thread_x(); token < end; token += BLOCK) {
    float logit = logits[(size_t)row * stride + token];
    double weight = negative_exp(((double)logit - max) * sampling.inverse_temperature);
    sum += weight;
    if (truncated && rank_key(logit, token) > border) {
      continue;
    }
    kept_sum += weight;
    if (greedy || weight == 0) {
      continue;
    }
    double u = uniform(sampling.stream, token);
    if (u < best.time * weight) {
      double time = -log1p_strict(-u) / weight;
      if (is_earlier(time, token, best)) {
        best.time = time;
        best.weight = weight;
        best.token = token;
      }
    }
  }
  for (int mask = WARP / 2; mask > 0; mask /= 2) {
    double time = shuffle_xor(best.time, mask);
    double weight = shuffle_xor(best.weight, mask);
    int token = shuffle_xor(best.token, mask);
    if (is_earlier(time, token, best)) {
      best.time = time;
      best.weight = weight;
      best.token = token;
    }
  }
  if (thread_x() % WARP == 0) {
    of_warp[thread_x() / WARP] = best;
  }
  sum = block_sum(sum, sums);
  kept_sum = block_sum(kept_sum, kept_sums);
  if (thread_x() == 0) {
    for (int warp = 1; warp < BLOCK / WARP; warp++) {
      if (is_earlier(of_warp[warp].time, of_warp[warp].token, best)) {
        best = of_warp[warp];
      }
    }
    best.sum = sum;
    best.kept_sum = kept_sum;
    races[(size_t)row * slices + block_x()] = best;
  }
}

// Puts the slices of a row together. Grid: rows, one warp each.
KERNEL(WARP) choose_tokens(Global<const int> counts, int vocabulary, Global<const uint8_t> samplings,
                           Global<const Scan> scans, Global<const Race> races, int slices,
                           Global<Choice> choices) {
  SHARED Race staged[WARP];
  int row = block_x();
  if (row >= counts[PASS_LOGIT_ROWS]) {
    return;
  }
  RowSampling sampling = sampling_of(samplings, row);
  Scan scan = scan_of_row(scans, row, slices);
  Choice choice = {scan.token, NAN, vocabulary == 1 ? 3.402823466e38f : scan.max - scan.second, scan.bad};
  bool greedy = sampling.flags & SAMPLING_GREEDY;
  if (!greedy || (sampling.flags & SAMPLING_CONFIDENCE)) {
    Race best = {INFINITY, 1, 0, 0, scan.token, 0};
    double sum = 0;
    for (int begin = 0; begin < slices; begin += WARP) {
      int slice = begin + thread_x();
      if (slice < slices) {
        staged[thread_x()] = races[(size_t)row * slices + slice];
      }
      block_barrier();
      for (int i = 0; i < WARP && begin + i < slices; i++) {
        const Race& race = staged[i];
        sum += race.sum;
        if (is_earlier(race.time, race.token, best)) {
          best = race;
        }
      }
      block_barrier();
    }
    choice.token = greedy ? scan.token : best.token;
    if (sampling.flags & SAMPLING_CONFIDENCE) {
      choice.confidence = (float)(best.weight / sum);
    }
  }
  if (thread_x() == 0) {
    choices[row] = choice;
  }
}
