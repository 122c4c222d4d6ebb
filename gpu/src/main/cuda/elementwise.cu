// Everything of a pass that treats one row at a time: embedding, norms, rotation, gating, gathering.
#include "weights.cuh"

// x[r] = embedding of the row's token; and the row's rotation angles.
KERNEL(BLOCK) embed(Global<const int> counts, Global<const int> tokens, Global<const int> positions,
                    Global<const uint8_t> weights, Global<const uint16_t> scales, int format,
                    int chunks, Global<float> x, int hidden, Global<const float> frequencies,
                    Global<float> cosines, Global<float> sines, int pairs) {
  int row = block_x();
  if (row >= counts[PASS_ROWS]) {
    return;
  }
  int token = tokens[row];
  for (int i = thread_x(); i < hidden; i += BLOCK) {
    x[(size_t)row * hidden + i] = weight_at(weights, scales, format, chunks, token, i);
  }
  for (int i = thread_x(); i < pairs; i += BLOCK) {
    double angle = (double)positions[row] * frequencies[i];
    cosines[(size_t)row * pairs + i] = (float)cos(angle);
    sines[(size_t)row * pairs + i] = (float)sin(angle);
  }
}

// x += addend (when asked), then out = x / rms(x) * weight (RMSNorm) in the product's element type.
KERNEL(BLOCK) rms_norm(Global<const int> counts, int count_index, Global<float> x,
                       Global<const float> addend, int adds, Global<const float> weight,
                       Global<uint8_t> out, int out_type, int hidden, int out_stride, float epsilon) {
  SHARED float scratch[BLOCK / WARP];
  int row = block_x();
  if (row >= counts[count_index]) {
    return;
  }
  size_t at = (size_t)row * hidden;
  float squares = 0;
  for (int i = thread_x(); i < hidden; i += BLOCK) {
    float value = x[at + i];
    if (adds) {
      value += addend[at + i];
      x[at + i] = value;
    }
    squares = fmaf(value, value, squares);
  }
  float sum = block_sum(squares, scratch);
  float scale = (float)(1 / sqrt((double)sum / hidden + epsilon));
  for (int i = thread_x(); i < hidden; i += BLOCK) {
    store_element(out, (size_t)row * out_stride + i, out_type, x[at + i] * scale * weight[i]);
  }
}

// RMSNorm of every head of a row's queries and keys, a warp for a head; the first head_size weights
// are those of queries, the others those of keys.
DEVICE void norm_heads(Global<float> qkv, size_t at, int heads, int kv_heads, int head_size,
                       Global<const float> weight, float epsilon) {
  int lane = thread_x() % WARP;
  for (int head = thread_x() / WARP; head < heads + kv_heads; head += BLOCK / WARP) {
    size_t first = at + head * head_size;
    float squares = 0;
    for (int i = lane; i < head_size; i += WARP) {
      squares = fmaf(qkv[first + i], qkv[first + i], squares);
    }
    float scale = (float)(1 / sqrt((double)warp_sum(squares) / head_size + epsilon));
    int weights = head < heads ? 0 : head_size;
    for (int i = lane; i < head_size; i += WARP) {
      qkv[first + i] = qkv[first + i] * scale * weight[weights + i];
    }
  }
}

// Adds biases, norms heads of queries and keys, rotates them, scales queries, and puts keys and values
// into KV blocks.
//
// qkv[r] holds queries, keys and values; only the queries are read afterwards. Of a block and a KV
// head first the keys lie, [block_tokens][head_size], then the values likewise.
KERNEL(BLOCK) place_keys(Global<const int> counts, Global<const int> positions,
                         Global<const int> row_tables, Global<const int> tables, Global<float> qkv,
                         Global<const float> bias, int biased, Global<const float> head_norm,
                         int heads_normed, float epsilon, Global<const float> cosines,
                         Global<const float> sines, int pairs, int pair_step, int pair_gap, int heads,
                         int kv_heads, int head_size, float query_scale, Global<uint8_t> kv, int kv_type,
                         int block_tokens) {
  int row = block_x();
  if (row >= counts[PASS_ROWS]) {
    return;
  }
  int turned = heads + kv_heads;
  int width = (turned + kv_heads) * head_size;
  size_t at = (size_t)row * width;
  if (biased) {
    for (int i = thread_x(); i < width; i += BLOCK) {
      qkv[at + i] += bias[i];
    }
    block_barrier();
  }
  if (heads_normed) {
    norm_heads(qkv, at, heads, kv_heads, head_size, head_norm, epsilon);
    block_barrier();
  }
  for (int i = thread_x(); i < turned * pairs; i += BLOCK) {
    size_t first = at + i / pairs * head_size + i % pairs * pair_step;
    float cosine = cosines[(size_t)row * pairs + i % pairs];
    float sine = sines[(size_t)row * pairs + i % pairs];
    float a = qkv[first];
    float b = qkv[first + pair_gap];
    qkv[first] = a * cosine - b * sine;
    qkv[first + pair_gap] = a * sine + b * cosine;
  }
  block_barrier();
  for (int i = thread_x(); i < heads * head_size; i += BLOCK) {
    qkv[at + i] *= query_scale;
  }
  int position = positions[row];
  int block = tables[row_tables[row] + position / block_tokens];
  size_t head_elements = (size_t)2 * block_tokens * head_size;
  for (int i = thread_x(); i < kv_heads * head_size; i += BLOCK) {
    int head = i / head_size;
    size_t to = ((size_t)block * kv_heads + head) * head_elements +
                (size_t)(position % block_tokens) * head_size + i % head_size;
    store_element(kv, to, kv_type, qkv[at + heads * head_size + i]);
    store_element(kv, to + head_elements / 2, kv_type, qkv[at + turned * head_size + i]);
  }
}

// out = silu(gate) * up (SwiGLU); gate_up[r] holds both, gates first.
KERNEL(BLOCK) silu_gate(Global<const int> counts, int count_index, Global<const float> gate_up,
                        Global<uint8_t> out, int out_type, int inner, int out_stride) {
  int row = block_y();
  int i = block_x() * BLOCK + thread_x();
  if (row >= counts[count_index] || i >= inner) {
    return;
  }
  float gate = gate_up[(size_t)row * 2 * inner + i];
  float up = gate_up[(size_t)row * 2 * inner + inner + i];
  float silu = gate / (1 + exp_single(-gate));
  store_element(out, (size_t)row * out_stride + i, out_type, silu * up);
}

// Moves the rows that need logits together: after the last attention only they go on. `attended`
// rows are copied as they are, `words` times 4 bytes each.
KERNEL(BLOCK) gather_rows(Global<const int> counts, Global<const int> logit_rows, Global<const float> x,
                          Global<float> x_out, int hidden, Global<const uint32_t> attended,
                          Global<uint32_t> attended_out, int words) {
  int to = block_x();
  if (to >= counts[PASS_LOGIT_ROWS]) {
    return;
  }
  int from = logit_rows[to];
  for (int i = thread_x(); i < hidden; i += BLOCK) {
    x_out[(size_t)to * hidden + i] = x[(size_t)from * hidden + i];
  }
  for (int i = thread_x(); i < words; i += BLOCK) {
    attended_out[(size_t)to * words + i] = attended[(size_t)from * words + i];
  }
}
