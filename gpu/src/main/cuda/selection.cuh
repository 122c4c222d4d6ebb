// Where a row's tokens are cut off by top-k and top-p.
#pragma once

#include "chance.cuh"

constexpr int TRUNCATION_THREADS = 1024;
constexpr int DIGITS = 256;

// What the host reads of a row.
struct Choice {
  int token;
  float confidence;
  float margin;
  int bad;
};

// How one row is sampled, as the host lays it out.
struct RowSampling {
  uint64_t stream;
  double inverse_temperature;
  double top_p;
  double log_min_p;
  int top_k;
  int flags;
  uint64_t root;
  int position;
};
enum SamplingFlag { SAMPLING_GREEDY = 1, SAMPLING_CONFIDENCE = 2, SAMPLING_TRUNCATED = 4 };
constexpr int SAMPLING_BYTES = 56;

// Orders tokens by rank: larger logits first, equal ones by id; -0 is 0.
DEVICE uint64_t rank_key(float logit, uint32_t token) {
  uint32_t bits = float_to_bits(logit + 0.0f);
  uint32_t ascending = bits ^ ((bits >> 31) ? 0xFFFFFFFFu : 0x80000000u);
  return ((uint64_t)~ascending << 32) | token;
}

template <class Memory>
DEVICE RowSampling sampling_of(Memory sampling, int row) {
  size_t at = (size_t)row * SAMPLING_BYTES;
  return RowSampling{load<uint64_t>(sampling, at),    load<double>(sampling, at + 8),
                     load<double>(sampling, at + 16), load<double>(sampling, at + 24),
                     load<int>(sampling, at + 32),    load<int>(sampling, at + 36),
                     load<uint64_t>(sampling, at + 40), load<int>(sampling, at + 48)};
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
