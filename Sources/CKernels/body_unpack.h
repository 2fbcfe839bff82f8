// Quantised weights as floats: into panels of a product, in either direction, and along a row.
#pragma once

#include "body_blocks_of_256.h"
#include "body_blocks_of_32.h"
#include "body_weights.h"

enum {
  MOST_BLOCK_BYTES = 210,  // of Q6_K
  FEW_BLOCK_WIDTH = 4,     // groups of 16 rows at a time
};

// out[i · out_stride, r] is weight 32·part + i of the block at w + r · stride.
typedef void (*unpack_function)(float *out, size_t out_stride, const char *w, size_t stride,
                                size_t part);

// sums[g] += Σ_k x[k] · weight k of the 16 rows from 16·g on, k < depth; rows are `stride` apart.
// Meanwhile as many weights at `ahead` are brought near.
typedef void (*add_function)(vec *sums, size_t groups, const float *x, const char *w,
                             size_t stride, size_t depth, const char *ahead);

// One after the other, because then the processor's own prefetch goes along; weights are read in the
// order of many rows at once, which it does not follow.
INLINE void prefetch_bytes(const char *from, size_t bytes) {
  for (size_t i = 0; i < bytes; i += 64) __builtin_prefetch(from + i, 0, 2);
}

// The sums of `wide` groups take turns every 8 steps, so that the chain of none is waited for.
#define TAKE_TURNS(wide, kind, table)                                                          \
  _Pragma("clang loop unroll(full)") for (size_t i = 0; i < UNPACK_STEPS; i += 8) {            \
    _Pragma("clang loop unroll(full)") for (size_t g = 0; g < wide; g++) {                     \
      _Pragma("clang loop unroll(full)") for (size_t j = i; j < i + 8; j++) {                  \
        vec weights = step_weights(&s[g], j, kind, table);                                     \
        sums[g] = vec_fma(vec_all(x[j]), weights, sums[g]);                                    \
      }                                                                                        \
    }                                                                                          \
  }

// `run` parts in a row share bytes; unrolled, they are loaded once. `width` groups take turns, and
// meanwhile the rows that come after them are brought near.
#define TYPE_FUNCTIONS(type, constant, block, size, run, width, kind, table)                   \
  static void unpack_##type(float *out, size_t out_stride, const char *w, size_t stride,       \
                            size_t part) {                                                     \
    steps s = load_##type(w, stride, part);                                                    \
    _Pragma("clang loop unroll(full)") for (size_t i = 0; i < UNPACK_STEPS; i++) {             \
      vec_store(out + i * out_stride, step_weights(&s, i, kind, table));                       \
    }                                                                                          \
  }                                                                                            \
  INLINE void add_groups_##type(vec *sums, size_t wide, const float *x, const char *w,         \
                                size_t stride, size_t first_part) {                            \
    _Pragma("clang loop unroll(full)") for (size_t i = 0; i < run; i++, x += UNPACK_STEPS) {   \
      steps s[FEW_BLOCK_WIDTH];                                                                \
      _Pragma("clang loop unroll(full)") for (size_t g = 0; g < wide; g++) {                   \
        s[g] = load_##type(w + g * LANES * stride, stride, first_part + i);                    \
      }                                                                                        \
      TAKE_TURNS(wide, kind, table)                                                            \
    }                                                                                          \
  }                                                                                            \
  INLINE void add_wide_##type(vec *sums, size_t wide, const float *x, const char *w,           \
                              size_t stride, size_t depth, const char *ahead) {                \
    const size_t steps = run * UNPACK_STEPS, bytes = steps * size / block;                     \
    vec own[FEW_BLOCK_WIDTH];                                                                  \
    for (size_t g = 0; g < wide; g++) own[g] = sums[g];                                        \
    for (size_t k = 0; k < depth; k += steps, ahead += bytes * wide * LANES) {                 \
      size_t span = k % block / steps, at = k / block * size;                                  \
      prefetch_bytes(ahead, bytes * wide * LANES);                                             \
      add_groups_##type(own, wide, x + k, w + at, stride, run * span);                         \
    }                                                                                          \
    for (size_t g = 0; g < wide; g++) sums[g] = own[g];                                        \
  }                                                                                            \
  static void add_##type(vec *sums, size_t groups, const float *x, const char *w,              \
                         size_t stride, size_t depth, const char *ahead) {                     \
    const size_t group = LANES * stride;                                                       \
    size_t g = 0;                                                                              \
    for (; g + width <= groups; g += width) {                                                  \
      add_wide_##type(sums + g, width, x, w + g * group, stride, depth, ahead + g * group);    \
    }                                                                                          \
    for (; g < groups; g++) {                                                                  \
      add_wide_##type(sums + g, 1, x, w + g * group, stride, depth, ahead + g * group);        \
    }                                                                                          \
  }

#define EVERY_BLOCK_TYPE(make)                                                                 \
  make(q4_0, Q4_0, 32, 18, 1, 4, INDEX, quants_4bit_signed)                                    \
  make(q4_1, Q4_1, 32, 20, 1, 2, INDEX_OFFSET, quants_4bit)                                    \
  make(q5_0, Q5_0, 32, 22, 1, 2, BYTE, NULL)                                                   \
  make(q5_1, Q5_1, 32, 24, 1, 2, BYTE_OFFSET, NULL)                                            \
  make(q8_0, Q8_0, 32, 34, 1, 2, BYTE, NULL)                                                   \
  make(iq4_nl, IQ4_NL, 32, 18, 1, 4, INDEX, quants_nonlinear)                                  \
  make(q2_k, Q2_K, 256, 84, 4, 2, INDEX_OFFSET, quants_2bit)                                   \
  make(q3_k, Q3_K, 256, 110, 4, 2, INDEX, quants_3bit_signed)                                  \
  make(q4_k, Q4_K, 256, 144, 2, 2, INDEX_OFFSET, quants_4bit)                                  \
  make(q5_k, Q5_K, 256, 176, 2, 2, BYTE_OFFSET, NULL)                                          \
  make(q6_k, Q6_K, 256, 210, 4, 2, BYTE, NULL)                                                 \
  make(iq4_xs, IQ4_XS, 256, 136, 2, 4, INDEX, quants_nonlinear)
EVERY_BLOCK_TYPE(TYPE_FUNCTIONS)

#define UNPACK_ENTRY(type, constant, ...) [KERNEL_##constant] = unpack_##type,
#define ADD_ENTRY(type, constant, ...) [KERNEL_##constant] = add_##type,
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
