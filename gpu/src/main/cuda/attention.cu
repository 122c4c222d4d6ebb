// Attention over paged keys and values for ragged batches: decodes, drafts to verify, prefill chunks.
//
// A context is cut at fixed multiples of SPLIT positions. Of every split a query has the largest
// score m, the sum l of exp(score - m) and the weighted values o; splits are merged in order of
// position. `attend_splits` gives splits to different blocks and `merge_splits` merges them (few rows,
// long contexts); `attend_rows` goes through them in one block (many rows). Bits are the same, and
// those of a query depend on its own row alone.
//
// A block serves one KV head and a tile of up to TILE_QUERIES queries of one sequence that share it:
// consecutive (row, head of the group) pairs. Tiles come from the host: [first row of the sequence,
// first query of the tile, rows of the sequence, start of its block table].
#include "pass.cuh"

constexpr int SPLIT = 256;
constexpr int TILE_QUERIES = 8;
constexpr int TASK_FIELDS = 4;
constexpr int MAX_HEAD = 256;
constexpr int WARPS = BLOCK / WARP;
constexpr int LANE_DIMS = MAX_HEAD / WARP;

struct KvF32 {
  static constexpr int BYTES = 4;
  // Four consecutive elements.
  static DEVICE void read4(Global<const uint8_t> kv, size_t element, float out[4]) {
    Words4 w = load<Words4>(kv, 4 * element);
    out[0] = bits_to_float(w.x);
    out[1] = bits_to_float(w.y);
    out[2] = bits_to_float(w.z);
    out[3] = bits_to_float(w.w);
  }
  static DEVICE float read(Global<const uint8_t> kv, size_t element) {
    return load<float>(kv, 4 * element);
  }
};

struct KvF16 {
  static DEVICE void read4(Global<const uint8_t> kv, size_t element, float out[4]) {
    Words2 w = load<Words2>(kv, 2 * element);
    out[0] = half_to_float((uint16_t)w.x);
    out[1] = half_to_float((uint16_t)(w.x >> 16));
    out[2] = half_to_float((uint16_t)w.y);
    out[3] = half_to_float((uint16_t)(w.y >> 16));
  }
  static DEVICE float read(Global<const uint8_t> kv, size_t element) {
    return half_to_float(load<uint16_t>(kv, 2 * element));
  }
};

struct KvBF16 {
  static DEVICE void read4(Global<const uint8_t> kv, size_t element, float out[4]) {
    Words2 w = load<Words2>(kv, 2 * element);
    out[0] = bits_to_float(w.x << 16);
    out[1] = bits_to_float(w.x & 0xFFFF0000u);
    out[2] = bits_to_float(w.y << 16);
    out[3] = bits_to_float(w.y & 0xFFFF0000u);
  }
  static DEVICE float read(Global<const uint8_t> kv, size_t element) {
    return bfloat_to_float(load<uint16_t>(kv, 2 * element));
  }
};

// Scratch of one split: about 29 KiB for heads of up to 256.
struct SplitScratch {
  float query[TILE_QUERIES][MAX_HEAD];
  float score[TILE_QUERIES][SPLIT];
  float partial[WARPS][TILE_QUERIES][WARP];
  float max[TILE_QUERIES];
  float sum[TILE_QUERIES];
};

// The queries of a block.
struct QueryTile {
  int first_row;
  int first;
  int count;
  int table;
  int group;
  int kv_head;

  DEVICE int row(int q) const { return first_row + (first + q) / group; }
  DEVICE int head(int q) const { return kv_head * group + (first + q) % group; }
};

DEVICE QueryTile query_tile(Global<const int> tasks, int group) {
  int at = block_x() * TASK_FIELDS;
  QueryTile tile;
  tile.first_row = tasks[at];
  tile.first = tasks[at + 1];
  int left = tasks[at + 2] * group - tile.first;
  tile.count = left < TILE_QUERIES ? left : TILE_QUERIES;
  tile.table = tasks[at + 3];
  tile.group = group;
  tile.kv_head = block_y();
  return tile;
}

DEVICE void load_queries(SplitScratch& s, const QueryTile& tile, Global<const float> qkv, int qkv_stride,
                         int head_size) {
  for (int i = thread_x(); i < TILE_QUERIES * head_size; i += BLOCK) {
    int q = i / head_size;
    float value = 0;
    if (q < tile.count) {
      value = qkv[(size_t)tile.row(q) * qkv_stride + tile.head(q) * head_size + i % head_size];
    }
    s.query[q][i % head_size] = value;
  }
}

// Scores, largest score and sum of every query over one split; s.score then holds the weights.
template <class Kv>
DEVICE void weigh_split(SplitScratch& s, const QueryTile& tile, Global<const int> positions,
                        Global<const int> tables, Global<const uint8_t> kv, int kv_heads, int head_size,
                        int block_tokens, int split, int last) {
  int position = split * SPLIT + thread_x();
  float dot[TILE_QUERIES] = {};
  if (position <= last) {
    int block = tables[tile.table + position / block_tokens];
    size_t keys = ((size_t)block * kv_heads + tile.kv_head) * 2 * block_tokens * head_size +
                  (size_t)(position % block_tokens) * head_size;
    for (int d = 0; d < head_size; d += 4) {
      float k[4];
      Kv::read4(kv, keys + d, k);
#pragma unroll
      for (int q = 0; q < TILE_QUERIES; q++) {
        dot[q] = fmaf(s.query[q][d], k[0], dot[q]);
        dot[q] = fmaf(s.query[q][d + 1], k[1], dot[q]);
        dot[q] = fmaf(s.query[q][d + 2], k[2], dot[q]);
        dot[q] = fmaf(s.query[q][d + 3], k[3], dot[q]);
      }
    }
  }
#pragma unroll
  for (int q = 0; q < TILE_QUERIES; q++) {
    bool seen = q < tile.count && position <= positions[tile.row(q < tile.count ? q : 0)];
    s.score[q][thread_x()] = seen ? dot[q] : -INFINITY;
  }
  block_barrier();
  int lane = thread_x() % WARP;
  int q = thread_x() / WARP;
  float max = -INFINITY;
  for (int i = lane; i < SPLIT; i += WARP) {
    max = fmaxf(max, s.score[q][i]);
  }
  max = warp_max(max);
  float sum = 0;
  for (int i = lane; i < SPLIT; i += WARP) {
    float score = s.score[q][i];
    float weight = score == -INFINITY ? 0.0f : exp_single(score - max);
    s.score[q][i] = weight;
    sum += weight;
  }
  sum = warp_sum(sum);
  if (lane == 0) {
    s.max[q] = max;
    s.sum[q] = sum;
  }
  block_barrier();
}

// Weighted values of dimensions d0 to d0+31 of every query: a warp takes an eighth of the positions,
// thread (q, lane) then adds the eighths in order. Returns the sum of query thread / 32.
template <class Kv>
DEVICE float weighted_values(SplitScratch& s, const QueryTile& tile, Global<const int> tables,
                             Global<const uint8_t> kv, int kv_heads, int head_size, int block_tokens,
                             int split, int last, int d0) {
  int lane = thread_x() % WARP;
  int warp = thread_x() / WARP;
  float acc[TILE_QUERIES] = {};
  int begin = warp * (SPLIT / WARPS);
  int end = last + 1 - split * SPLIT;
  end = end < begin + SPLIT / WARPS ? end : begin + SPLIT / WARPS;
  if (d0 + lane < head_size) {
    for (int i = begin; i < end; i++) {
      int position = split * SPLIT + i;
      int block = tables[tile.table + position / block_tokens];
      size_t values = ((size_t)block * kv_heads + tile.kv_head) * 2 * block_tokens * head_size +
                      (size_t)(block_tokens + position % block_tokens) * head_size;
      float v = Kv::read(kv, values + d0 + lane);
#pragma unroll
      for (int q = 0; q < TILE_QUERIES; q++) {
        acc[q] = fmaf(s.score[q][i], v, acc[q]);
      }
    }
  }
#pragma unroll
  for (int q = 0; q < TILE_QUERIES; q++) {
    s.partial[warp][q][lane] = acc[q];
  }
  block_barrier();
  float sum = s.partial[0][warp][lane];
  for (int w = 1; w < WARPS; w++) {
    sum += s.partial[w][warp][lane];
  }
  block_barrier();
  return sum;
}

// One step of the merge: the running (max, sum, value) takes in the next split's.
struct Running {
  float max;
  float sum;
};

DEVICE void merge_scales(Running& running, float max, float sum, float& keep, float& take) {
  float larger = fmaxf(running.max, max);
  keep = running.max == -INFINITY ? 0.0f : exp_single(running.max - larger);
  take = max == -INFINITY ? 0.0f : exp_single(max - larger);
  running.sum = running.sum * keep + sum * take;
  running.max = larger;
}

DEVICE int last_position(const QueryTile& tile, Global<const int> positions) {
  return positions[tile.row(tile.count - 1)];
}

#define ATTENTION_PARAMETERS                                                                          \
  Global<const int> counts, Global<const int> tasks, Global<const int> positions,                     \
      Global<const int> tables, Global<const float> qkv, Global<const uint8_t> kv, int heads,          \
      int kv_heads, int head_size, int block_tokens

// partials: [row][head][split slot] times (max, sum, value[head_size]).
template <class Kv>
DEVICE void attend_splits(ATTENTION_PARAMETERS, Global<float> partials, int slots) {
  SHARED SplitScratch s;
  if (block_x() >= counts[PASS_TASKS]) {
    return;
  }
  QueryTile tile = query_tile(tasks, heads / kv_heads);
  int last = last_position(tile, positions);
  int split = block_z();
  if (split * SPLIT > last) {
    return;
  }
  load_queries(s, tile, qkv, (heads + 2 * kv_heads) * head_size, head_size);
  block_barrier();
  weigh_split<Kv>(s, tile, positions, tables, kv, kv_heads, head_size, block_tokens, split, last);
  int lane = thread_x() % WARP;
  int q = thread_x() / WARP;
  size_t at = 0;
  if (q < tile.count) {
    at = (((size_t)tile.row(q) * heads + tile.head(q)) * slots + split) * (head_size + 2);
  }
  for (int d0 = 0; d0 < head_size; d0 += WARP) {
    float value = weighted_values<Kv>(s, tile, tables, kv, kv_heads, head_size, block_tokens, split, last, d0);
    if (q < tile.count && d0 + lane < head_size) {
      partials[at + 2 + d0 + lane] = value;
    }
  }
  if (q < tile.count && lane == 0) {
    partials[at] = s.max[q];
    partials[at + 1] = s.sum[q];
  }
}

template <class Kv>
DEVICE void attend_rows(ATTENTION_PARAMETERS, Global<uint8_t> out, int out_type, int out_stride) {
  SHARED SplitScratch s;
  if (block_x() >= counts[PASS_TASKS]) {
    return;
  }
  QueryTile tile = query_tile(tasks, heads / kv_heads);
  int last = last_position(tile, positions);
  load_queries(s, tile, qkv, (heads + 2 * kv_heads) * head_size, head_size);
  block_barrier();
  int lane = thread_x() % WARP;
  int q = thread_x() / WARP;
  Running running = {-INFINITY, 0};
  float value[LANE_DIMS] = {};
  for (int split = 0; split * SPLIT <= last; split++) {
    weigh_split<Kv>(s, tile, positions, tables, kv, kv_heads, head_size, block_tokens, split, last);
    float keep, take;
    merge_scales(running, s.max[q], s.sum[q], keep, take);
#pragma unroll
    for (int i = 0; i < LANE_DIMS; i++) {
      if (i * WARP < head_size) {
        float next = weighted_values<Kv>(s, tile, tables, kv, kv_heads, head_size, block_tokens, split,
                                         last, i * WARP);
        value[i] = value[i] * keep + next * take;
      }
    }
  }
  if (q < tile.count) {
#pragma unroll
    for (int i = 0; i < LANE_DIMS; i++) {
      int d = i * WARP + lane;
      if (d < head_size) {
        size_t to = (size_t)tile.row(q) * out_stride + tile.head(q) * head_size + d;
        store_element(out, to, out_type, value[i] / running.sum);
      }
    }
  }
}

// One block per row and head.
KERNEL(BLOCK) merge_splits(Global<const int> counts, Global<const int> positions,
                           Global<const float> partials, int slots, int heads, int head_size,
                           Global<uint8_t> out, int out_type, int out_stride) {
  int row = block_x();
  int head = block_y();
  int d = thread_x();
  if (row >= counts[PASS_ROWS] || d >= head_size) {
    return;
  }
  Running running = {-INFINITY, 0};
  float value = 0;
  size_t at = ((size_t)row * heads + head) * slots * (head_size + 2);
  for (int split = 0; split * SPLIT <= positions[row]; split++) {
    size_t from = at + (size_t)split * (head_size + 2);
    float keep, take;
    merge_scales(running, partials[from], partials[from + 1], keep, take);
    value = value * keep + partials[from + 2 + d] * take;
  }
  store_element(out, (size_t)row * out_stride + head * head_size + d, out_type, value / running.sum);
}

#define ATTENTION_ARGUMENTS \
  counts, tasks, positions, tables, qkv, kv, heads, kv_heads, head_size, block_tokens

#define ATTENTION_KERNELS(name, Kv)                                                                   \
  KERNEL(BLOCK) attend_splits_##name(ATTENTION_PARAMETERS, Global<float> partials, int slots) {       \
    attend_splits<Kv>(ATTENTION_ARGUMENTS, partials, slots);                                          \
  }                                                                                                   \
  KERNEL(BLOCK) attend_rows_##name(ATTENTION_PARAMETERS, Global<uint8_t> out, int out_type, int out_stride) { \
    attend_rows<Kv>(ATTENTION_ARGUMENTS, out, out_type, out_stride);                                  \
  }

ATTENTION_KERNELS(f32, KvF32)
ATTENTION_KERNELS(f16, KvF16)
ATTENTION_KERNELS(bf16, KvBF16)
