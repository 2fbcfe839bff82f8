// Quantised weights as floats: into panels of a product, in either direction, and along a row.
#pragma once

#include "body_blocks_of_256.h"
#include "body_blocks_of_32.h"
#include "body_weights.h"

enum {
  MOST_BLOCK_BYTES = 210,  // of Q6_K
  PREFETCH_BYTES = 512,    // ahead of every weight row
};

// out[i · out_stride, r] is weight 32·part + i of the block at w + r · stride.
typedef void (*unpack_function)(float *out, size_t out_stride, const char *w, size_t stride,
                                size_t part);

// sums[g] += Σ_k x[k] · weight k of the 16 rows from 16·g on, k < depth; rows are `stride` apart.
typedef void (*add_function)(vec *sums, size_t groups, const float *x, const char *w,
                             size_t stride, size_t depth);

// One prefetch of each row for every 64 bytes; past its end goes on where the next groups begin.
INLINE void prefetch_rows(const char *rows, size_t stride, size_t groups, size_t at, size_t bytes) {
  if (at % 64 >= bytes) return;
  size_t ahead = at + PREFETCH_BYTES;
  if (ahead >= stride) ahead += (groups * LANES - 1) * stride;
#pragma clang loop unroll(full)
  for (size_t i = 0; i < LANES; i++) __builtin_prefetch(rows + i * stride + ahead, 0, 2);
}

// `run` parts in a row share bytes; unrolled, they are loaded once.
#define TYPE_FUNCTIONS(type, constant, block, size, run)                                       \
  static void unpack_##type(float *out, size_t out_stride, const char *w, size_t stride,       \
                            size_t part) {                                                     \
    sink s = {.out = out, .out_stride = out_stride};                                           \
    take_##type(&s, w, stride, part);                                                          \
  }                                                                                            \
  static void add_##type(vec *sums, size_t groups, const float *x, const char *w,              \
                         size_t stride, size_t depth) {                                        \
    const size_t steps = run * UNPACK_STEPS, bytes = steps * size / block;                     \
    for (size_t k = 0; k < depth; k += steps) {                                                \
      size_t span = k % block / steps, at = k / block * size;                                  \
      for (size_t g = 0; g < groups; g++) {                                                    \
        const char *rows = w + g * LANES * stride;                                             \
        prefetch_rows(rows, stride, groups, at + span * bytes, bytes);                         \
        sink s = {.sum = sums[g]};                                                             \
        _Pragma("clang loop unroll(full)") for (size_t i = 0; i < run; i++) {                  \
          s.x = x + k + i * UNPACK_STEPS;                                                      \
          take_##type(&s, rows + at, stride, run * span + i);                                  \
        }                                                                                      \
        sums[g] = s.sum;                                                                       \
      }                                                                                        \
    }                                                                                          \
  }

#define EVERY_BLOCK_TYPE(make)                                                                 \
  make(q4_0, Q4_0, 32, 18, 1) make(q4_1, Q4_1, 32, 20, 1) make(q5_0, Q5_0, 32, 22, 1)          \
  make(q5_1, Q5_1, 32, 24, 1) make(q8_0, Q8_0, 32, 34, 1) make(iq4_nl, IQ4_NL, 32, 18, 1)      \
  make(q2_k, Q2_K, 256, 84, 4) make(q3_k, Q3_K, 256, 110, 4) make(q4_k, Q4_K, 256, 144, 2)     \
  make(q5_k, Q5_K, 256, 176, 2) make(q6_k, Q6_K, 256, 210, 4) make(iq4_xs, IQ4_XS, 256, 136, 2)

EVERY_BLOCK_TYPE(TYPE_FUNCTIONS)

#define UNPACK_ENTRY(type, constant, block, size, run) [KERNEL_##constant] = unpack_##type,
#define ADD_ENTRY(type, constant, block, size, run) [KERNEL_##constant] = add_##type,
static const unpack_function unpack_functions[KERNEL_TYPE_COUNT] = {EVERY_BLOCK_TYPE(UNPACK_ENTRY)};
static const add_function add_functions[KERNEL_TYPE_COUNT] = {EVERY_BLOCK_TYPE(ADD_ENTRY)};

// How a type lies in memory, looked up once.
typedef struct {
  unpack_function unpack;
  size_t block, size;  // weights and bytes in a block
} block_type;

INLINE block_type block_type_of(kernel_type type) {
  return (block_type){
      .unpack = unpack_functions[type],
      .block = kernel_type_block(type),
      .size = kernel_type_size(type),
  };
}

// As t.unpack where only `rows` of the 16 rows exist; the others are 0.
static __attribute__((noinline)) void unpack_edge(block_type t, float *out, size_t out_stride,
                                                  const char *w, size_t stride, size_t part,
                                                  size_t rows) {
  char copy[LANES * MOST_BLOCK_BYTES] = {0};
  for (size_t i = 0; i < rows; i++) memcpy(copy + i * t.size, w + i * stride, t.size);
  t.unpack(out, out_stride, copy, t.size, part);
}

// out[i · out_stride, r] is weight k + i of row r, i < 32, r < rows <= 16; k is a multiple of 32.
INLINE void unpack_steps(block_type t, float *out, size_t out_stride, const char *w, size_t stride,
                         size_t k, size_t rows) {
  const char *at = w + k / t.block * t.size;
  size_t part = k % t.block / UNPACK_STEPS;
  if (rows >= LANES) {
    t.unpack(out, out_stride, at, stride, part);
  } else {
    unpack_edge(t, out, out_stride, at, stride, part, rows);
  }
}

// 16 steps of 16 rows, turned so that out[r · out_stride, i] is weight k + i of row r; k is a
// multiple of 16.
INLINE void unpack_turned(block_type t, float *out, size_t out_stride, const char *w,
                          size_t stride, size_t k, size_t rows) {
  float steps[UNPACK_STEPS * LANES];
  vec lines[LANES];
  unpack_steps(t, steps, LANES, w, stride, k / UNPACK_STEPS * UNPACK_STEPS, rows);
  load_lines(lines, (const char *)(steps + k % UNPACK_STEPS * LANES), LANES * sizeof(float));
  for (size_t r = 0; r < least(rows, LANES); r++) vec_store(out + r * out_stride, lines[r]);
}

// y[i] = x[i] for whole blocks: 16 of them are 16 rows.
static void unpack_row(float *y, const char *x, kernel_type type, size_t n) {
  block_type t = block_type_of(type);
  for (size_t first = 0, blocks = n / t.block; first < blocks; first += LANES) {
    const char *from = x + first * t.size;
    for (size_t k = 0; k < t.block; k += LANES) {
      unpack_turned(t, y + first * t.block + k, t.block, from, t.size, k, blocks - first);
    }
  }
}
