// Products of activations with weight matrices: out[r][n] = sum over k of x[r][k] w[n][k].
//
// The bits of an output depend on its row of x and its row of w alone. Weights are the M side of the
// matrix instruction and activation rows its N side, so the instruction is the same for one row and
// for thousands. Chunks of 32 inputs fall into eight classes, chunk mod 8; a class is one chain of
// instructions in ascending order, and the classes are added in order. The narrow kernels give a class
// to each of eight warps (few rows: reading weights is the cost), the wide kernels go through the
// classes one after the other (many rows: arithmetic is the cost); the sums are the same. Blocks of neighbouring
// rows come first in a grid, so that they read the same weights while these are in the second-level cache.
#include "weights.cuh"

constexpr int CLASSES = 8;

// Adds the product of one tile and one chunk of eight activation rows.
template <class W>
DEVICE void multiply_tile(float acc[4], const Fragment& w, const Words4& x, float low, float high) {
  if constexpr (W::SCALED) {
    float part[4] = {0, 0, 0, 0};
    multiply_half(part, w.first, x.x, x.y);
    multiply_half(part, w.second, x.z, x.w);
    acc[0] = fmaf(low, part[0], acc[0]);
    acc[1] = fmaf(low, part[1], acc[1]);
    acc[2] = fmaf(high, part[2], acc[2]);
    acc[3] = fmaf(high, part[3], acc[3]);
  } else if constexpr (W::BFLOAT) {
    multiply_bfloat(acc, w.first, x.x, x.y);
    multiply_bfloat(acc, w.second, x.z, x.w);
  } else {
    multiply_half(acc, w.first, x.x, x.y);
    multiply_half(acc, w.second, x.z, x.w);
  }
}

// One block: 16·MT outputs, 8·NT rows, a class per warp. Loads of several chunks are under way before the
// first is used: that, not arithmetic, decides the speed. With many rows the activations of a block are
// more than its weights, so a block that reads them takes two tiles of outputs.
template <class W, int NT, int MT>
DEVICE void narrow(Global<const int> counts, int count_index, Global<const uint8_t> weights,
                   Global<const uint16_t> scales, Global<const uint8_t> x, Global<float> out,
                   int outputs, int chunks, int out_stride) {
  SHARED float partial[CLASSES][NT * 8][TILE_OUTPUTS];
  int rows = counts[count_index];
  int first = block_x() * NT * 8;
  if (first >= rows) {
    return;
  }
  int lane = thread_x() % WARP;
  int klass = thread_x() / WARP;
  int g = lane / 4;
  int t = lane % 4;
  int first_tile = block_y() * MT;
  size_t row_bytes = (size_t)chunks * TILE_INPUTS * 2;
  constexpr int AHEAD = NT <= 2 ? 4 : NT == 4 ? 2 : 1;
  float acc[MT][NT][4] = {};
  for (int begin = klass; begin < chunks; begin += CLASSES * AHEAD) {
    typename W::Raw raw[AHEAD][MT];
    uint16_t low[AHEAD][MT] = {}, high[AHEAD][MT] = {};
    Words4 activations[AHEAD][NT];
#pragma unroll
    for (int i = 0; i < AHEAD; i++) {
      int chunk = begin + i * CLASSES;
      if (chunk < chunks) {
#pragma unroll
        for (int m = 0; m < MT; m++) {
          // The last block's second tile may not be there; it computes the first one twice.
          bool there = MT == 1 || (first_tile + m) * TILE_OUTPUTS < outputs;
          size_t tile = (size_t)(there ? first_tile + m : first_tile) * chunks + chunk;
          raw[i][m] = W::read(weights, tile * W::TILE_BYTES, lane);
          if constexpr (W::SCALED) {
            low[i][m] = scales[tile * TILE_OUTPUTS + g];
            high[i][m] = scales[tile * TILE_OUTPUTS + g + 8];
          }
        }
#pragma unroll
        for (int j = 0; j < NT; j++) {
          int row = first + j * 8 + g;
          activations[i][j] = Words4{0, 0, 0, 0};
          if (row < rows) {
            activations[i][j] = load<Words4>(x, row * row_bytes + chunk * 64 + t * 16);
          }
        }
      }
    }
#pragma unroll
    for (int i = 0; i < AHEAD; i++) {
      if (begin + i * CLASSES < chunks) {
#pragma unroll
        for (int m = 0; m < MT; m++) {
          Fragment w = W::expand(raw[i][m]);
#pragma unroll
          for (int j = 0; j < NT; j++) {
            multiply_tile<W>(acc[m][j], w, activations[i][j], half_to_float(low[i][m]),
                             half_to_float(high[i][m]));
          }
        }
      }
    }
  }
#pragma unroll
  for (int m = 0; m < MT; m++) {
#pragma unroll
    for (int j = 0; j < NT; j++) {
#pragma unroll
      for (int i = 0; i < 4; i++) {
        partial[klass][j * 8 + t * 2 + i % 2][g + i / 2 * 8] = acc[m][j][i];
      }
    }
    block_barrier();
    for (int i = thread_x(); i < NT * 8 * TILE_OUTPUTS; i += BLOCK) {
      int row = i / TILE_OUTPUTS;
      int output = (first_tile + m) * TILE_OUTPUTS + i % TILE_OUTPUTS;
      float sum = partial[0][row][i % TILE_OUTPUTS];
      for (int c = 1; c < CLASSES; c++) {
        sum += partial[c][row][i % TILE_OUTPUTS];
      }
      if (first + row < rows && output < outputs) {
        out[(size_t)(first + row) * out_stride + output] = sum;
      }
    }
    if (m + 1 < MT) {
      block_barrier();
    }
  }
}

constexpr int WIDE_OUTPUTS = 128;
constexpr int WIDE_ROWS = 128;
constexpr int STAGES = 4;

// Shared memory of one stage of the wide kernels: weights, their scales, activations.
template <class W>
constexpr int STAGE_BYTES = WIDE_OUTPUTS / TILE_OUTPUTS * (W::TILE_BYTES + 32) + WIDE_ROWS * 64;

// The chunks of a product in the order of classes.
struct ChunkOrder {
  int klass = 0;
  int chunk = 0;
  DEVICE void next(int chunks) {
    chunk += CLASSES;
    while (chunk >= chunks && klass < CLASSES - 1) {
      klass++;
      chunk = klass;
    }
  }
};

template <class W>
DEVICE void load_stage(unsigned char* stage, Global<const uint8_t> weights, Global<const uint16_t> scales,
                       Global<const uint8_t> x, int first_tile, int tiles, int first_row, int rows,
                       int chunks, int chunk) {
  constexpr int TILES = WIDE_OUTPUTS / TILE_OUTPUTS;
  constexpr int PIECES = W::TILE_BYTES / 16;
  for (int i = thread_x(); i < TILES * PIECES; i += BLOCK) {
    int tile = first_tile + i / PIECES;
    size_t at = ((size_t)tile * chunks + chunk) * W::TILE_BYTES + i % PIECES * 16;
    copy_async(stage + i * 16, weights, at, tile < tiles);
  }
  unsigned char* to = stage + TILES * W::TILE_BYTES;
  if (W::SCALED && thread_x() < TILES * 2) {
    int tile = first_tile + thread_x() / 2;
    size_t at = ((size_t)tile * chunks + chunk) * 32 + thread_x() % 2 * 16;
    copy_async(to + thread_x() * 16, scales, at, tile < tiles);
  }
  to += TILES * 32;
  for (int i = thread_x(); i < WIDE_ROWS * 4; i += BLOCK) {
    int row = first_row + i / 4;
    size_t at = ((size_t)row * chunks + chunk) * 64 + i % 4 * 16;
    copy_async(to + i * 16, x, at, row < rows);
  }
  copy_commit();
}

// One block: 128 outputs by 128 rows; a warp 64 outputs by 32 rows.
template <class W>
DEVICE void wide(unsigned char* shared, Global<const int> counts, int count_index,
                 Global<const uint8_t> weights, Global<const uint16_t> scales, Global<const uint8_t> x,
                 Global<float> out, int outputs, int chunks, int out_stride) {
  constexpr int TILES = WIDE_OUTPUTS / TILE_OUTPUTS;
  int rows = counts[count_index];
  int first_row = block_x() * WIDE_ROWS;
  if (first_row >= rows) {
    return;
  }
  int tiles = (outputs + TILE_OUTPUTS - 1) / TILE_OUTPUTS;
  int first_tile = block_y() * TILES;
  int lane = thread_x() % WARP;
  int warp_tile = thread_x() / WARP / 4 * 4;
  int warp_row = thread_x() / WARP % 4 * 32;
  float total[4][4][4] = {};
  float acc[4][4][4] = {};
  ChunkOrder ahead;
  for (int i = 0; i < STAGES - 1; i++) {
    if (i < chunks) {
      load_stage<W>(shared + i * STAGE_BYTES<W>, weights, scales, x, first_tile, tiles, first_row,
                    rows, chunks, ahead.chunk);
      ahead.next(chunks);
    } else {
      copy_commit();
    }
  }
  ChunkOrder now;
  for (int i = 0; i < chunks; i++) {
    copy_wait<STAGES - 2>();
    block_barrier();
    if (i + STAGES - 1 < chunks) {
      load_stage<W>(shared + (i + STAGES - 1) % STAGES * STAGE_BYTES<W>, weights, scales, x,
                    first_tile, tiles, first_row, rows, chunks, ahead.chunk);
      ahead.next(chunks);
    } else {
      copy_commit();
    }
    const unsigned char* stage = shared + i % STAGES * STAGE_BYTES<W>;
    const uint16_t* stage_scales = reinterpret_cast<const uint16_t*>(stage + TILES * W::TILE_BYTES);
    const unsigned char* activations = stage + TILES * (W::TILE_BYTES + 32);
    Words4 b[4];
#pragma unroll
    for (int j = 0; j < 4; j++) {
      b[j] = *reinterpret_cast<const Words4*>(
          activations + (warp_row + j * 8 + lane / 4) * 64 + lane % 4 * 16);
    }
#pragma unroll
    for (int m = 0; m < 4; m++) {
      int tile = warp_tile + m;
      Fragment w = W::expand(W::read_shared(stage + tile * W::TILE_BYTES, lane));
      float low = 1, high = 1;
      if constexpr (W::SCALED) {
        low = half_to_float(stage_scales[tile * TILE_OUTPUTS + lane / 4]);
        high = half_to_float(stage_scales[tile * TILE_OUTPUTS + lane / 4 + 8]);
      }
#pragma unroll
      for (int j = 0; j < 4; j++) {
        multiply_tile<W>(acc[m][j], w, b[j], low, high);
      }
    }
    int klass = now.klass;
    now.next(chunks);
    if (now.klass != klass || i == chunks - 1) {
#pragma unroll
      for (int m = 0; m < 4; m++) {
#pragma unroll
        for (int j = 0; j < 4; j++) {
#pragma unroll
          for (int e = 0; e < 4; e++) {
            total[m][j][e] = klass == 0 ? acc[m][j][e] : total[m][j][e] + acc[m][j][e];
            acc[m][j][e] = 0;
          }
        }
      }
    }
  }
#pragma unroll
  for (int m = 0; m < 4; m++) {
#pragma unroll
    for (int j = 0; j < 4; j++) {
#pragma unroll
      for (int e = 0; e < 4; e++) {
        int output = (first_tile + warp_tile + m) * TILE_OUTPUTS + lane / 4 + e / 2 * 8;
        int row = first_row + warp_row + j * 8 + lane % 4 * 2 + e % 2;
        if (output < outputs && row < rows) {
          // A product of fewer chunks than classes ends with the empty classes' zeros.
          out[(size_t)row * out_stride + output] = chunks < CLASSES ? total[m][j][e] + 0.0f : total[m][j][e];
        }
      }
    }
  }
}

#define MATMUL_PARAMETERS                                                                              \
  Global<const int> counts, int count_index, Global<const uint8_t> weights, Global<const uint16_t> scales, \
      Global<const uint8_t> x, Global<float> out, int outputs, int chunks, int out_stride
#define MATMUL_ARGUMENTS counts, count_index, weights, scales, x, out, outputs, chunks, out_stride

#define MATMUL_KERNELS(name, W)                                                                       \
  KERNEL(BLOCK) matmul_##name##_8(MATMUL_PARAMETERS) { narrow<W, 1, 1>(MATMUL_ARGUMENTS); }              \
  KERNEL(BLOCK) matmul_##name##_16(MATMUL_PARAMETERS) { narrow<W, 2, 1>(MATMUL_ARGUMENTS); }             \
  KERNEL(BLOCK) matmul_##name##_32(MATMUL_PARAMETERS) { narrow<W, 4, 2>(MATMUL_ARGUMENTS); }             \
  KERNEL(BLOCK) matmul_##name##_64(MATMUL_PARAMETERS) { narrow<W, 8, 2>(MATMUL_ARGUMENTS); }             \
  KERNEL(BLOCK) matmul_##name##_wide(MATMUL_PARAMETERS) {                                             \
    DYNAMIC_SHARED(shared);                                                                           \
    wide<W>(shared, MATMUL_ARGUMENTS);                                                                \
  }

MATMUL_KERNELS(f16, HalfWeights)
MATMUL_KERNELS(bf16, BfloatWeights)
MATMUL_KERNELS(q8_0, Q8Weights)
MATMUL_KERNELS(q4_0, Q4Weights)

constexpr int F32_ROWS = 8;

// Single precision without matrix instructions: a warp per output and eight rows. A lane takes four of
// every 128 inputs in ascending order; lanes are added as a tree.
KERNEL(BLOCK) matmul_f32(MATMUL_PARAMETERS) {
  int rows = counts[count_index];
  int first = block_y() * F32_ROWS;
  int output = block_x() * (BLOCK / WARP) + thread_x() / WARP;
  if (first >= rows || output >= outputs) {
    return;
  }
  int lane = thread_x() % WARP;
  int columns = chunks * TILE_INPUTS;
  float acc[F32_ROWS] = {};
  for (int k = lane * 4; k < columns; k += WARP * 4) {
    Words4 w = load<Words4>(weights, 4 * ((size_t)output * columns + k));
#pragma unroll
    for (int j = 0; j < F32_ROWS; j++) {
      if (first + j < rows) {
        Words4 v = load<Words4>(x, 4 * ((size_t)(first + j) * columns + k));
        acc[j] = fmaf(bits_to_float(v.x), bits_to_float(w.x), acc[j]);
        acc[j] = fmaf(bits_to_float(v.y), bits_to_float(w.y), acc[j]);
        acc[j] = fmaf(bits_to_float(v.z), bits_to_float(w.z), acc[j]);
        acc[j] = fmaf(bits_to_float(v.w), bits_to_float(w.w), acc[j]);
      }
    }
  }
  // Halves of the warp exchange halves of the rows, so that all rows are added with nine shuffles.
#pragma unroll
  for (int mask = 16, kept = F32_ROWS / 2; kept > 0; mask /= 2, kept /= 2) {
    bool upper = lane & mask;
#pragma unroll
    for (int j = 0; j < kept; j++) {
      float other = shuffle_xor(upper ? acc[j] : acc[j + kept], mask);
      acc[j] = (upper ? acc[j + kept] : acc[j]) + other;
    }
  }
  float sum = acc[0];
  sum += shuffle_xor(sum, 2);
  sum += shuffle_xor(sum, 1);
  int row = first + (lane >> 4 & 1) * 4 + (lane >> 3 & 1) * 2 + (lane >> 2 & 1);
  if (lane % 4 == 0 && row < rows) {
    out[(size_t)row * out_stride + output] = sum;
  }
}
