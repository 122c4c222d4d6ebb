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
#include "kv_elements.cuh"

constexpr int SPLIT = 256;
constexpr int TILE_QUERIES = 8;
constexpr int TASK_FIELDS = 4;
constexpr int MAX_HEAD = 256;
constexpr int WARPS = BLOCK / WARP;
constexpr int LANE_DIMS = MAX_HEAD / WARP;

// Scratch of one split: about 29 KiB for heads of up to 256.
struct SplitScratch {
  Words4 query[TILE_QUERIES][MAX_HEAD / 4];
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
  int words = head_size / 4;
  for (int i = thread_x(); i < TILE_QUERIES * words; i += BLOCK) {
    int q = i / words;
    Words4 value = {0, 0, 0, 0};
    if (q < tile.count) {
      size_t at = (size_t)tile.row(q) * qkv_stride + tile.head(q) * head_size + i % words * 4;
      value = load<Words4>(qkv, 4 * at);
    }
    s.query[q][i % words] = value;
  }
}

// Scores, largest score and sum of every query over one split; s.score then holds the weights. Q is at
// least the number of queries: fewer of them leave out work, and no sum.
template <class Kv, int Q>
DEVICE void weigh_split(SplitScratch& s, const QueryTile& tile, Global<const int> positions,
                        Global<const int> tables, Global<const uint8_t> kv, int kv_heads, int head_size,
                        int block_tokens, int split, int last) {
  int position = split * SPLIT + thread_x();
  float dot[Q] = {};
  if (position <= last) {
    int block = tables[tile.table + position / block_tokens];
    size_t keys = ((size_t)block * kv_heads + tile.kv_head) * 2 * block_tokens * head_size +
                  (size_t)(position % block_tokens) * head_size;
    for (int d = 0; d < head_size; d += 8) {
      float k[8];
      Kv::read8(kv, keys + d, k);
#pragma unroll
      for (int q = 0; q < Q; q++) {
        Words4 a = s.query[q][d / 4];
        Words4 b = s.query[q][d / 4 + 1];
        dot[q] = fmaf(bits_to_float(a.x), k[0], dot[q]);
        dot[q] = fmaf(bits_to_float(a.y), k[1], dot[q]);
        dot[q] = fmaf(bits_to_float(a.z), k[2], dot[q]);
        dot[q] = fmaf(bits_to_float(a.w), k[3], dot[q]);
        dot[q] = fmaf(bits_to_float(b.x), k[4], dot[q]);
        dot[q] = fmaf(bits_to_float(b.y), k[5], dot[q]);
        dot[q] = fmaf(bits_to_float(b.z), k[6], dot[q]);
        dot[q] = fmaf(bits_to_float(b.w), k[7], dot[q]);
      }
    }
  }
#pragma unroll
  for (int q = 0; q < Q; q++) {
    bool seen = q < tile.count && position <= positions[tile.row(q < tile.count ? q : 0)];
    s.score[q][thread_x()] = seen ? dot[q] : -INFINITY;
  }
  block_barrier();
  int lane = thread_x() % WARP;
  int q = thread_x() / WARP;
  if (q < Q) {
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
  }
  block_barrier();
}

// Dimensions d0 to d0+E-1 of one lane, of a position's values.
template <class Kv, int E>
DEVICE void read_values(Global<const uint8_t> kv, size_t element, float out[E]) {
  if constexpr (E == 4) {
    Kv::read4(kv, element, out);
  } else {
    Kv::read2(kv, element, out);
  }
}

// Weighted values of the 32 E dimensions from d0 on: a warp takes an eighth of the positions, E
// dimensions a lane; thread (q, lane) then adds the eighths in order. Gives E sums of query thread / 32,
// of dimensions d0 + E lane onwards.
template <class Kv, int Q, int E>
DEVICE void weighted_values(SplitScratch& s, const QueryTile& tile, Global<const int> tables,
                            Global<const uint8_t> kv, int kv_heads, int head_size, int block_tokens,
                            int split, int last, int d0, float sums[E]) {
  int lane = thread_x() % WARP;
  int warp = thread_x() / WARP;
  float acc[Q][E] = {};
  int begin = warp * (SPLIT / WARPS);
  int end = last + 1 - split * SPLIT;
  end = end < begin + SPLIT / WARPS ? end : begin + SPLIT / WARPS;
  if (d0 + lane * E < head_size) {
    for (int i = begin; i < end;) {
      int within = (split * SPLIT + i) % block_tokens;
      int run = block_tokens - within < end - i ? block_tokens - within : end - i;
      int block = tables[tile.table + (split * SPLIT + i) / block_tokens];
      size_t values = ((size_t)block * kv_heads + tile.kv_head) * 2 * block_tokens * head_size +
                      (size_t)(block_tokens + within) * head_size + d0 + lane * E;
#pragma unroll 4
      for (int j = 0; j < run; j++) {
        float v[E];
        read_values<Kv, E>(kv, values + (size_t)j * head_size, v);
#pragma unroll
        for (int q = 0; q < Q; q++) {
          float weight = s.score[q][i + j];
#pragma unroll
          for (int e = 0; e < E; e++) {
            acc[q][e] = fmaf(weight, v[e], acc[q][e]);
          }
        }
      }
      i += run;
    }
  }
#pragma unroll
  for (int e = 0; e < E; e++) {
#pragma unroll
    for (int q = 0; q < Q; q++) {
      s.partial[warp][q][lane] = acc[q][e];
    }
    block_barrier();
    if (warp < Q) {
      float sum = s.partial[0][warp][lane];
      for (int w = 1; w < WARPS; w++) {
        sum += s.partial[w][warp][lane];
      }
      sums[e] = sum;
    }
    block_barrier();
  }
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

// One split of a tile into partials.
template <class Kv, int Q, int E>
DEVICE void split_of_tile(SplitScratch& s, const QueryTile& tile, Global<const int> positions,
                          Global<const int> tables, Global<const uint8_t> kv, int heads, int kv_heads,
                          int head_size, int block_tokens, int last, Global<float> partials, int slots) {
  int split = block_z();
  weigh_split<Kv, Q>(s, tile, positions, tables, kv, kv_heads, head_size, block_tokens, split, last);
  int lane = thread_x() % WARP;
  int q = thread_x() / WARP;
  size_t at = 0;
  if (q < tile.count) {
    at = (((size_t)tile.row(q) * heads + tile.head(q)) * slots + split) * (head_size + 2);
  }
  for (int d0 = 0; d0 < head_size; d0 += WARP * E) {
    float sums[E] = {};
    weighted_values<Kv, Q, E>(s, tile, tables, kv, kv_heads, head_size, block_tokens, split, last, d0, sums);
#pragma unroll
    for (int e = 0; e < E; e++) {
      int d = d0 + lane * E + e;
      if (q < tile.count && d < head_size) {
        partials[at + 2 + d] = sums[e];
      }
    }
  }
  if (q < tile.count && lane == 0) {
    partials[at] = s.max[q];
    partials[at + 1] = s.sum[q];
  }
}

// All splits of a tile, merged.
template <class Kv, int Q, int E>
DEVICE void rows_of_tile(SplitScratch& s, const QueryTile& tile, Global<const int> positions,
                         Global<const int> tables, Global<const uint8_t> kv, int kv_heads, int head_size,
                         int block_tokens, int last, Global<uint8_t> out, int out_type, int out_stride) {
  int lane = thread_x() % WARP;
  int q = thread_x() / WARP;
  Running running = {-INFINITY, 0};
  float value[LANE_DIMS] = {};
  for (int split = 0; split * SPLIT <= last; split++) {
    weigh_split<Kv, Q>(s, tile, positions, tables, kv, kv_heads, head_size, block_tokens, split, last);
    float keep = 0, take = 0;
    if (q < Q) {
      merge_scales(running, s.max[q], s.sum[q], keep, take);
    }
#pragma unroll
    for (int i = 0; i < LANE_DIMS; i += E) {
      if (i * WARP < head_size) {
        float next[E] = {};
        weighted_values<Kv, Q, E>(s, tile, tables, kv, kv_heads, head_size, block_tokens, split, last,
                                  i * WARP, next);
#pragma unroll
        for (int e = 0; e < E; e++) {
          value[i + e] = value[i + e] * keep + next[e] * take;
        }
      }
    }
  }
  if (q < tile.count) {
#pragma unroll
    for (int i = 0; i < LANE_DIMS; i++) {
      int d = i / E * E * WARP + lane * E + i % E;
      if (d < head_size) {
        size_t to = (size_t)tile.row(q) * out_stride + tile.head(q) * head_size + d;
        store_element(out, to, out_type, value[i] / running.sum);
      }
    }
  }
}

// Small heads and few queries take fewer registers and instructions a lane; sums are the same.
#define FOR_TILE(work, ...)                                           \
  if (head_size <= 2 * WARP) {                                        \
    if (tile.count <= TILE_QUERIES / 2) {                             \
      work<Kv, TILE_QUERIES / 2, 2>(__VA_ARGS__);                     \
    } else {                                                          \
      work<Kv, TILE_QUERIES, 2>(__VA_ARGS__);                         \
    }                                                                 \
  } else if (tile.count <= TILE_QUERIES / 2) {                        \
    work<Kv, TILE_QUERIES / 2, 4>(__VA_ARGS__);                       \
  } else {                                                            \
    work<Kv, TILE_QUERIES, 4>(__VA_ARGS__);                           \
  }

// partials: [row][head][split slot] times (max, sum, value[head_size]).
template <class Kv>
DEVICE void attend_splits(ATTENTION_PARAMETERS, Global<float> partials, int slots) {
  SHARED SplitScratch s;
  if (block_x() >= counts[PASS_TASKS]) {
    return;
  }
  QueryTile tile = query_tile(tasks, heads / kv_heads);
  int last = last_position(tile, positions);
  if (block_z() * SPLIT > last) {
    return;
  }
  load_queries(s, tile, qkv, (heads + 2 * kv_heads) * head_size, head_size);
  block_barrier();
  FOR_TILE(split_of_tile, s, tile, positions, tables, kv, heads, kv_heads, head_size, block_tokens, last,
           partials, slots)
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
  FOR_TILE(rows_of_tile, s, tile, positions, tables, kv, kv_heads, head_size, block_tokens, last, out,
           out_type, out_stride)
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

// Two blocks a processor are enough, and leave a lane the registers that it needs.
#define ATTENTION_KERNELS(name, Kv)                                                                   \
  KERNEL_OF(BLOCK, 2) attend_splits_##name(ATTENTION_PARAMETERS, Global<float> partials, int slots) {       \
    attend_splits<Kv>(ATTENTION_ARGUMENTS, partials, slots);                                          \
  }                                                                                                   \
  KERNEL_OF(BLOCK, 2) attend_rows_##name(ATTENTION_PARAMETERS, Global<uint8_t> out, int out_type, int out_stride) { \
    attend_rows<Kv>(ATTENTION_ARGUMENTS, out, out_type, out_stride);                                  \
  }

ATTENTION_KERNELS(f32, KvF32)
ATTENTION_KERNELS(f16, KvF16)
ATTENTION_KERNELS(bf16, KvBF16)
