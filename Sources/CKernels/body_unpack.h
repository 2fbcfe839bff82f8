// Quantised weights as floats: into panels of a product, in either direction, and along a row.
#pragma once

#include "body_blocks_of_256.h"
#include "body_blocks_of_32.h"
#include "body_weights.h"

enum { MOST_BLOCK_BYTES = 210 };  // of Q6_K

static const unpack_function unpack_functions[KERNEL_TYPE_COUNT] = {
    [KERNEL_Q4_0] = unpack_q4_0,     [KERNEL_Q4_1] = unpack_q4_1,
    [KERNEL_Q5_0] = unpack_q5_0,     [KERNEL_Q5_1] = unpack_q5_1,
    [KERNEL_Q8_0] = unpack_q8_0,     [KERNEL_Q2_K] = unpack_q2_k,
    [KERNEL_Q3_K] = unpack_q3_k,     [KERNEL_Q4_K] = unpack_q4_k,
    [KERNEL_Q5_K] = unpack_q5_k,     [KERNEL_Q6_K] = unpack_q6_k,
    [KERNEL_IQ4_NL] = unpack_iq4_nl, [KERNEL_IQ4_XS] = unpack_iq4_xs,
};

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
