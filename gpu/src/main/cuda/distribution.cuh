// What sampling leaves of a row, slice by slice of the vocabulary, and the distribution that follows from it.
#pragma once

#include "selection.cuh"

constexpr int SLICE = 4096;

// The two largest logits of a slice, the token of the largest, and how many are not finite.
struct Scan {
  float max;
  float second;
  int token;
  int bad;
};

// The winner of a slice's race and the slice's sums of weights.
struct Race {
  double time;
  double weight;
  double sum;
  double kept_sum;
  int token;
  int unused;
};

DEVICE Scan merge(const Scan& a, const Scan& b) {
  bool second = b.max > a.max || (b.max == a.max && b.token < a.token);
  const Scan& winner = second ? b : a;
  const Scan& loser = second ? a : b;
  return Scan{winner.max, fmaxf(winner.second, loser.max), winner.token, a.bad + b.bad};
}

DEVICE Scan shuffle(const Scan& scan, int mask) {
  return Scan{shuffle_xor(scan.max, mask), shuffle_xor(scan.second, mask), shuffle_xor(scan.token, mask),
              shuffle_xor(scan.bad, mask)};
}

// Of all slices; every warp finds it by itself, all lanes taking part.
DEVICE Scan scan_of_row(Global<const Scan> scans, int row, int slices) {
  int lane = thread_x() % WARP;
  Scan scan = {-INFINITY, -INFINITY, 0x7FFFFFFF, 0};
  for (int slice = lane; slice < slices; slice += WARP) {
    scan = merge(scan, scans[(size_t)row * slices + slice]);
  }
  for (int mask = WARP / 2; mask > 0; mask /= 2) {
    scan = merge(scan, shuffle(scan, mask));
  }
  return scan;
}

// The transformed distribution of a row that was sampled: temperature, truncation, softmax; all of it on the
// most likely token when greedy.
struct Distribution {
  Global<const float> logits;
  size_t at;
  double inverse_temperature;
  double sum;
  float max;
  int best;
  uint64_t border;
  bool greedy;

  DEVICE float share(int token) const {
    if (greedy) {
      return token == best ? 1.0f : 0.0f;
    }
    float logit = logits[at + token];
    if (rank_key(logit, token) > border) {
      return 0.0f;
    }
    return (float)(negative_exp(((double)logit - max) * inverse_temperature) / sum);
  }
};

// All lanes of a warp take part.
DEVICE Distribution distribution_of(Global<const float> logits, int stride, int row,
                                    Global<const uint8_t> samplings, Global<const Scan> scans,
                                    Global<const uint64_t> borders, Global<const Race> races, int slices) {
  RowSampling sampling = sampling_of(samplings, row);
  Scan scan = scan_of_row(scans, row, slices);
  bool greedy = sampling.flags & SAMPLING_GREEDY;
  double sum = 0;
  for (int slice = 0; !greedy && slice < slices; slice++) {
    sum += races[(size_t)row * slices + slice].kept_sum;
  }
  uint64_t border = sampling.flags & SAMPLING_TRUNCATED ? borders[row] : ~0ull;
  return Distribution{logits,   (size_t)row * stride, sampling.inverse_temperature, sum, scan.max, scan.token,
                      border, greedy};
}
