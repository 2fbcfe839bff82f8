// What the quantised types share: 16 weight rows side by side, a lane for each, so that one shift and
// one conversion serve 16 weights.
//
// A type is a `load` function, which brings 32 steps of the inner dimension of 16 rows into one form,
// and a kind, which says how a step becomes floats: step i, lane r is weight 32·part + i of the
// block at w + r · stride. Nothing outside those blocks is read.
//
// Every value is rounded as the reference rounds it. A scale times a quant is exact in a float
// (11 bits times at most 13) in all types but Q6_K, where that product is itself the value; so a
// fused multiply-add of scale, quant and minimum rounds once, as multiplying and adding do.
#pragma once

#include "vector.h"

enum { UNPACK_STEPS = 32 };

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

typedef enum {
  INDEX,         // the low bits of a byte are an index into the type's table: table[index] · scale
  INDEX_OFFSET,  // table[index] · scale + offset
  BYTE,          // the byte is a signed number: byte · scale
  BYTE_OFFSET,   // it has no sign: byte · scale + offset
} step_kind;

// Step i lies in byte i % 16 of half i / 16.
typedef struct {
  quad half[2];
  vec scale[2], offset[2];
} steps;

// kind and i are constants where this is inlined.
INLINE vec step_weights(const steps *s, size_t i, step_kind kind, const float *table) {
  const uint32_t byte = (uint32_t)(i % 4);
  vec_u32 word = s->half[i / 16].word[i % 16 / 4];
  vec scale = s->scale[i / 16], offset = s->offset[i / 16];
  switch (kind) {
    case INDEX: return vec_lookup(table, word >> 8 * byte) * scale;
    case INDEX_OFFSET: return vec_fma(vec_lookup(table, word >> 8 * byte), scale, offset);
    case BYTE: return float_of((vec_u32)((vec_i32)(word << (24 - 8 * byte)) >> 24)) * scale;
    case BYTE_OFFSET: return vec_fma(float_of(word >> 8 * byte & 255), scale, offset);
  }
}

INLINE steps same_scale(quad first, quad second, vec scale, vec offset) {
  return (steps){{first, second}, {scale, scale}, {offset, offset}};
}

// Each byte, which is at most 63, minus `less`: bit 7 keeps a byte from borrowing of its neighbor,
// and is toggled back.
INLINE quad quad_minus(quad q, uint32_t less) {
#pragma clang loop unroll(full)
  for (size_t i = 0; i < 4; i++) {
    q.word[i] = ((q.word[i] | 0x80808080) - less * 0x01010101) ^ 0x80808080;
  }
  return q;
}

// low & low_mask, and above it high & high_mask.
INLINE quad quad_joined(quad low, uint32_t low_mask, quad high, uint32_t high_mask,
                        uint32_t shift) {
#pragma clang loop unroll(full)
  for (size_t i = 0; i < 4; i++) {
    low.word[i] = (low.word[i] & low_mask) | (high.word[i] & high_mask) << shift;
  }
  return low;
}
