// Chooses tokens from logits without moving them off the device: the arithmetic of the runtime's
// TokenSampler and CounterRng, spread over slices of the vocabulary.
//
// Noise, weights, times and comparisons are the same operations in the same precision, so the same
// logits give the same token. Sums over the vocabulary are taken in a fixed order of slices (top-p in
// integers of 2^-44), so they do not depend on other rows; they may differ from the runtime's in the
// last bits of a double.
#include "pass.cuh"

constexpr int SLICE = 4096;
constexpr int TRUNCATION_THREADS = 1024;
constexpr int DIGITS = 256;

// How one row is sampled, as the host lays it out.
struct RowSampling {
  uint64_t stream;
  double inverse_temperature;
  double top_p;
  double log_min_p;
  int top_k;
  int flags;
};
enum SamplingFlag { SAMPLING_GREEDY = 1, SAMPLING_CONFIDENCE = 2, SAMPLING_TRUNCATED = 4 };
constexpr int SAMPLING_BYTES = 40;

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

// What the host reads of a row.
struct Choice {
  int token;
  float confidence;
  float margin;
  int bad;
};

DEVICE uint64_t mix(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  return z ^ (z >> 31);
}

// The uniform number of a token: strictly between 0 and 1, on a grid of 2^-53.
DEVICE double uniform(uint64_t stream, int token) {
  uint64_t bits = mix(stream + ((uint64_t)token + 1) * 0x9E3779B97F4A7C15ull);
  return ((double)(bits >> 11) + 0.5) * 0x1p-53;
}

// exp(x) for x <= 0, 0 below -64; the runtime's NegativeExp operation by operation.
DEVICE double negative_exp(double x) {
  if (!(x >= -64.0)) {
    return 0;
  }
  double n = x * 1.4426950408889634 + 0x1.8p52 - 0x1.8p52;
  double r = x - n * 0.6931471805599453;
  double p = 1.0 / 40320;
  p = p * r + 1.0 / 5040;
  p = p * r + 1.0 / 720;
  p = p * r + 1.0 / 120;
  p = p * r + 1.0 / 24;
  p = p * r + 1.0 / 6;
  p = p * r + 0.5;
  p = p * r + 1;
  p = p * r + 1;
  return p * bits_to_double((1023 + (int64_t)n) << 52);
}

DEVICE int high_word(double value) { return (int)(double_to_bits(value) >> 32); }
DEVICE double with_high_word(double value, int high) {
  return bits_to_double(((int64_t)high << 32) | (double_to_bits(value) & 0xFFFFFFFFll));
}

// log(1 + x) for -1 < x <= -2^-54 with the roundings of fdlibm, which Java's StrictMath prescribes:
// 1 + x = 2^k (1 + f), sqrt(1/2) < 1 + f < sqrt(2), then a polynomial in s = f / (2 + f).
DEVICE double log1p_strict(double x) {
  const double ln2_high = 6.93147180369123816490e-01;
  const double ln2_low = 1.90821492927058770002e-10;
  int magnitude = high_word(x) & 0x7FFFFFFF;
  if (magnitude < 0x3C900000) {
    return x;
  }
  if (magnitude < 0x3E200000) {
    return x - x * x * 0.5;
  }
  int k = 0;
  int mantissa = 1;
  double f = x;
  double c = 0;
  if (magnitude > 0x3FD2BEC3) {
    double u = 1.0 + x;
    mantissa = high_word(u);
    k = (mantissa >> 20) - 1023;
    c = (x - (u - 1.0)) / u;
    mantissa &= 0x000FFFFF;
    if (mantissa < 0x6A09E) {
      u = with_high_word(u, mantissa | 0x3FF00000);
    } else {
      k++;
      u = with_high_word(u, mantissa | 0x3FE00000);
      mantissa = (0x00100000 - mantissa) >> 2;
    }
    f = u - 1.0;
  }
  double half_square = 0.5 * f * f;
  if (mantissa == 0) {
    if (f == 0) {
      return k * ln2_high + (c + k * ln2_low);
    }
    double rest = half_square * (1.0 - 0.66666666666666666 * f);
    return k * ln2_high - ((rest - (k * ln2_low + c)) - f);
  }
  double s = f / (2.0 + f);
  double z = s * s;
  double rest = z * 1.479819860511658591e-01;
  rest = z * (1.531383769920937332e-01 + rest);
  rest = z * (1.818357216161805012e-01 + rest);
  rest = z * (2.222219843214978396e-01 + rest);
  rest = z * (2.857142874366239149e-01 + rest);
  rest = z * (3.999999999940941908e-01 + rest);
  rest = z * (6.666666666666735130e-01 + rest);
  if (k == 0) {
    return f - (half_square - s * (half_square + rest));
  }
  return k * ln2_high - ((half_square - (s * (half_square + rest) + (k * ln2_low + c))) - f);
}

// Orders tokens by rank: larger logits first, equal ones by id; -0 is 0.
DEVICE uint64_t rank_key(float logit, uint32_t token) {
  uint32_t bits = float_to_bits(logit + 0.0f);
  uint32_t ascending = bits ^ ((bits >> 31) ? 0xFFFFFFFFu : 0x80000000u);
  return ((uint64_t)~ascending << 32) | token;
}

DEVICE RowSampling sampling_of(Global<const uint8_t> sampling, int row) {
  size_t at = (size_t)row * SAMPLING_BYTES;
  return RowSampling{load<uint64_t>(sampling, at),    load<double>(sampling, at + 8),
                     load<double>(sampling, at + 16), load<double>(sampling, at + 24),
                     load<int>(sampling, at + 32),    load<int>(sampling, at + 36)};
}

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

DEVICE Scan scan_of_row(Global<const Scan> scans, int row, int slices) {
  Scan scan = scans[(size_t)row * slices];
  for (int slice = 1; slice < slices; slice++) {
    scan = merge(scan, scans[(size_t)row * slices + slice]);
  }
  return scan;
}

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

// The token at which a running total over ranks first reaches what is wanted, among tokens up to
// `border`: counts of tokens, or weights in units of 2^-44. Found digit by digit of the rank key; only
// the digits' totals are ever sorted.
struct Selection {
  const RowSampling& sampling;
  Global<const float> logits;
  size_t at;
  int vocabulary;
  float max;

  DEVICE unsigned long long amount(float logit, bool by_weight) const {
    if (!by_weight) {
      return 1;
    }
    double weight = negative_exp(((double)logit - max) * sampling.inverse_temperature);
    return (unsigned long long)(weight * 0x1p44);
  }

  DEVICE uint64_t find(unsigned long long* totals, uint64_t* shared_prefix, uint64_t border, bool by_weight,
                       double share) const {
    uint64_t prefix = 0;
    double wanted = by_weight ? -1 : (double)sampling.top_k;
    double before = 0;
    for (int shift = 56; shift >= 0; shift -= 8) {
      for (int i = thread_x(); i < DIGITS; i += TRUNCATION_THREADS) {
        totals[i] = 0;
      }
      block_barrier();
      for (int token = thread_x(); token < vocabulary; token += TRUNCATION_THREADS) {
        float logit = logits[at + token];
        uint64_t key = rank_key(logit, token);
        bool in_prefix = shift == 56 || (key >> (shift + 8)) == (prefix >> (shift + 8));
        if (key <= border && in_prefix) {
          shared_add(&totals[(key >> shift) & (DIGITS - 1)], amount(logit, by_weight));
        }
      }
      block_barrier();
      if (wanted < 0) {
        unsigned long long all = 0;
        for (int i = 0; i < DIGITS; i++) {
          all += totals[i];
        }
        wanted = share * (double)all;
      }
      int digit = 0;
      int last = 0;
      double sum = before;
      for (; digit < DIGITS; digit++) {
        double with = sum + (double)totals[digit];
        last = totals[digit] > 0 ? digit : last;
        if (totals[digit] > 0 && with >= wanted) {
          break;
        }
        sum = with;
      }
      if (digit == DIGITS) {
        digit = last;
        sum -= (double)totals[last];
      }
      before = sum;
      prefix |= (uint64_t)digit << shift;
      block_barrier();
    }
    *shared_prefix = prefix;
    return prefix;
  }
};

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
  int row = block_x();
  if (row >= counts[PASS_LOGIT_ROWS] || thread_x() != 0) {
    return;
  }
  RowSampling sampling = sampling_of(samplings, row);
  Scan scan = scan_of_row(scans, row, slices);
  Choice choice = {scan.token, NAN, vocabulary == 1 ? 3.402823466e38f : scan.max - scan.second, scan.bad};
  bool greedy = sampling.flags & SAMPLING_GREEDY;
  if (!greedy || (sampling.flags & SAMPLING_CONFIDENCE)) {
    Race best = {INFINITY, 1, 0, 0, scan.token, 0};
    double sum = 0;
    for (int slice = 0; slice < slices; slice++) {
      Race race = races[(size_t)row * slices + slice];
      sum += race.sum;
      if (is_earlier(race.time, race.token, best)) {
        best = race;
      }
    }
    choice.token = greedy ? scan.token : best.token;
    if (sampling.flags & SAMPLING_CONFIDENCE) {
      choice.confidence = (float)(best.weight / sum);
    }
  }
  choices[row] = choice;
}

// The transformed distribution of one row. Grid: slices.
KERNEL(BLOCK) write_distribution(Global<const float> logits, int stride, int vocabulary, int row,
                                 Global<const uint8_t> samplings, Global<const Scan> scans,
                                 Global<const uint64_t> borders, Global<const Race> races, int slices,
                                 Global<float> out) {
  RowSampling sampling = sampling_of(samplings, row);
  Scan scan = scan_of_row(scans, row, slices);
  bool greedy = sampling.flags & SAMPLING_GREEDY;
  bool truncated = sampling.flags & SAMPLING_TRUNCATED;
  uint64_t border = truncated ? borders[row] : ~0ull;
  double sum = 0;
  for (int slice = 0; !greedy && slice < slices; slice++) {
    sum += races[(size_t)row * slices + slice].kept_sum;
  }
  int end = block_x() * SLICE + SLICE < vocabulary ? block_x() * SLICE + SLICE : vocabulary;
  for (int token = block_x() * SLICE + thread_x(); token < end; token += BLOCK) {
    float logit = logits[(size_t)row * stride + token];
    float share = token == scan.token ? 1.0f : 0.0f;
    if (!greedy) {
      bool kept = !truncated || rank_key(logit, token) <= border;
      double weight = negative_exp(((double)logit - scan.max) * sampling.inverse_temperature);
      share = kept ? (float)(weight / sum) : 0.0f;
    }
    out[token] = share;
  }
}
