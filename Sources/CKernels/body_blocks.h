// What the quantised types share: 16 weight rows side by side, a lane for each, so that one shift and
// one conversion serve 16 weights.
//
// A `take` function hands 32 steps of the inner dimension of 16 rows to a sink: step i, lane r is
// weight 32·part + i of the block at w + r · stride. It reads no byte outside those blocks.
//
// Every value is rounded as the reference rounds it. A scale times a quant is exact in a float
// (11 bits times at most 13) in all types but Q6_K, where that product is itself the value; so a
// fused multiply-add of scale, quant and minimum rounds once, as multiplying and adding do.
#pragma once

#include "vector.h"

enum { UNPACK_STEPS = 32 };

// Where the steps go: into a panel, or, where there is a row x, straight into its sum.
typedef struct {
  float *out;  // [32][16], out_stride apart
  size_t out_stride;
  const float *x;  // [32]
  vec sum;
} sink;

INLINE void put(sink *s, size_t i, vec weights) {
  if (s->x) {
    s->sum = vec_fma(vec_all(s->x[i]), weights, s->sum);
  } else {
    vec_store(s->out + i * s->out_stride, weights);
  }
}

static const float quants_4bit[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
static const float quants_4bit_signed[16] = {-8, -7, -6, -5, -4, -3, -2, -1,
                                             0,  1,  2,  3,  4,  5,  6,  7};
static const float quants_2bit[16] = {0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3};
static const float quants_3bit_signed[16] = {-4, -3, -2, -1, 0, 1, 2, 3,
                                             -4, -3, -2, -1, 0, 1, 2, 3};
static const float quants_nonlinear[16] = {-127, -104, -83, -65, -49, -35, -22, -10,
                                           1,    13,   25,  38,  53,  69,  89,  113};

// Half floats in the low, or the high, halves of words.
INLINE vec low_half(vec_u32 words) {
  vec_u16 half = __builtin_convertvector(words & 0xffff, vec_u16);
  return vec_from_f16(&half);
}

INLINE vec high_half(vec_u32 words) { return low_half(words >> 16); }

INLINE vec float_of(vec_u32 integers) {
  return __builtin_convertvector((vec_i32)integers, vec);
}

// Four words of 16 rows.
typedef struct {
  vec_u32 word[4];
} quad;

INLINE quad quad_at(const char *w, size_t stride) {
  vec words[4];
  quad q;
  load_quad(words, w, stride);
#pragma clang loop unroll(full)
  for (size_t i = 0; i < 4; i++) q.word[i] = (vec_u32)words[i];
  return q;
}

INLINE quad quad_shifted(quad q, uint32_t bits) {
#pragma clang loop unroll(full)
  for (size_t i = 0; i < 4; i++) q.word[i] >>= bits;
  return q;
}

// Steps first … first + 15: the index of step i lies in the low bits of byte i of 16.
INLINE void put_scaled(sink *s, size_t first, quad q, const float table[16], vec scale) {
#pragma clang loop unroll(full)
  for (uint32_t i = 0; i < 16; i++) {
    put(s, first + i, vec_lookup(table, q.word[i / 4] >> 8 * (i % 4)) * scale);
  }
}

INLINE void put_offset(sink *s, size_t first, quad q, const float table[16], vec scale,
                       vec offset) {
#pragma clang loop unroll(full)
  for (uint32_t i = 0; i < 16; i++) {
    vec quant = vec_lookup(table, q.word[i / 4] >> 8 * (i % 4));
    put(s, first + i, vec_fma(quant, scale, offset));
  }
}

// Whole bytes, with a sign …
INLINE void put_bytes_scaled(sink *s, size_t first, quad q, vec scale) {
#pragma clang loop unroll(full)
  for (uint32_t i = 0; i < 16; i++) {
    vec_i32 quant = (vec_i32)(q.word[i / 4] << (24 - 8 * (i % 4))) >> 24;
    put(s, first + i, float_of((vec_u32)quant) * scale);
  }
}

// … and without.
INLINE void put_bytes_offset(sink *s, size_t first, quad q, vec scale, vec offset) {
#pragma clang loop unroll(full)
  for (uint32_t i = 0; i < 16; i++) {
    vec quant = float_of(q.word[i / 4] >> 8 * (i % 4) & 255);
    put(s, first + i, vec_fma(quant, scale, offset));
  }
}

// Each byte minus `less`, where no byte is below 0 before or borrows from its neighbor after: bit 7
// is set for the subtraction and toggled back.
INLINE vec_u32 bytes_minus(vec_u32 bytes, uint32_t less) {
  return ((bytes | 0x80808080) - less * 0x01010101) ^ 0x80808080;
}
