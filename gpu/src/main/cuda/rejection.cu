// Rejection verification where the logits are: the decisions of the runtime's RejectionSampler on what
// write_distributions would write. Shares of the residual are integers of 2^-62, whose sums have no order.
#include "distribution.cuh"

// A draft token to verify, as the host lays it out.
struct DraftRow {
  int logit_row;
  int token;
  int proposal;
  int unused;
  double accept_draw;
  double recover_draw;
};
constexpr int DRAFT_ROW_BYTES = 32;
constexpr int CERTAIN = -1;
constexpr int ACCEPTED = -1;

// The transformed distributions of sampled rows, one behind the other. Grid: slices by rows.
KERNEL(BLOCK) write_distributions(Global<const float> logits, int stride, int vocabulary, int first_row,
                                  Global<const uint8_t> samplings, Global<const Scan> scans,
                                  Global<const uint64_t> borders, Global<const Race> races, int slices,
                                  Global<float> out) {
  Distribution row = distribution_of(logits, stride, first_row + block_y(), samplings, scans, borders, races, slices);
  int end = block_x() * SLICE + SLICE < vocabulary ? block_x() * SLICE + SLICE : vocabulary;
  for (int token = block_x() * SLICE + thread_x(); token < end; token += BLOCK) {
    out[(size_t)block_y() * vocabulary + token] = row.share(token);
  }
}

// What a target's distribution leaves of the proposal that a rejected token was drawn from.
struct Residual {
  const Distribution& target;
  Global<const float> proposals;
  size_t at;
  int certain_token;

  DEVICE double proposed(int token) const {
    return certain_token < 0 ? (double)proposals[at + token] : token == certain_token ? 1.0 : 0.0;
  }
  DEVICE unsigned long long units(int token) const {
    double rest = (double)target.share(token) - proposed(token);
    return rest > 0 ? (unsigned long long)(rest * 0x1p62) : 0;
  }
};

// Sums below 2^63, which are exchanged as the bits of a double.
DEVICE unsigned long long warp_sum_units(unsigned long long sum) {
  for (int mask = WARP / 2; mask > 0; mask /= 2) {
    sum += (unsigned long long)double_to_bits(shuffle_xor(bits_to_double((int64_t)sum), mask));
  }
  return sum;
}

// The token at which the running total of units first exceeds a share of all; -1 where there are none. Every
// round cuts what is left of the vocabulary into BLOCK stretches and goes into one of them.
DEVICE int find_token(const Residual& residual, int vocabulary, double draw, unsigned long long* totals) {
  int begin = 0;
  int end = vocabulary;
  unsigned long long left = 0;
  while (true) {
    int size = (end - begin + BLOCK - 1) / BLOCK;
    for (int stretch = thread_x() / WARP; stretch < BLOCK; stretch += BLOCK / WARP) {
      int from = begin + stretch * size;
      int stop = from + size < end ? from + size : end;
      unsigned long long sum = 0;
      for (int token = from + thread_x() % WARP; token < stop; token += WARP) {
        sum += residual.units(token);
      }
      sum = warp_sum_units(sum);
      if (thread_x() % WARP == 0) {
        totals[stretch] = sum;
      }
    }
    block_barrier();
    if (end - begin == vocabulary) {
      unsigned long long mass = 0;
      for (int i = 0; i < BLOCK; i++) {
        mass += totals[i];
      }
      if (mass == 0) {
        return -1;
      }
      left = (unsigned long long)(draw * (double)mass);
      left = left < mass ? left : mass - 1;
    }
    int stretch = 0;
    while (left >= totals[stretch]) {
      left -= totals[stretch++];
    }
    block_barrier();
    begin += stretch * size;
    end = begin + size < end ? begin + size : end;
    if (size == 1) {
      return begin;
    }
  }
}

// ACCEPTED, or the token in place of a draft token. Grid: draft tokens.
KERNEL(BLOCK) reject_drafts(Global<const float> logits, int stride, int vocabulary,
                            Global<const uint8_t> samplings, Global<const Scan> scans,
                            Global<const uint64_t> borders, Global<const Race> races, int slices,
                            Global<const float> proposals, Global<const uint8_t> drafts,
                            Global<int> recovered) {
  SHARED unsigned long long totals[BLOCK];
  size_t at = (size_t)block_x() * DRAFT_ROW_BYTES;
  DraftRow draft = {load<int>(drafts, at), load<int>(drafts, at + 4), load<int>(drafts, at + 8), 0,
                    load<double>(drafts, at + 16), load<double>(drafts, at + 24)};
  Distribution target = distribution_of(logits, stride, draft.logit_row, samplings, scans, borders, races, slices);
  bool certain = draft.proposal == CERTAIN;
  Residual residual = {target, proposals, certain ? 0 : (size_t)draft.proposal * vocabulary,
                       certain ? draft.token : -1};
  int token = ACCEPTED;
  if (!(draft.accept_draw * residual.proposed(draft.token) < target.share(draft.token))) {
    token = find_token(residual, vocabulary, draft.recover_draw, totals);
    token = token < 0 ? target.best : token;
  }
  if (thread_x() == 0) {
    recovered[block_x()] = token;
  }
}
