// NEON primitives: four registers are one vector.
#pragma once

#include "vector.h"

// 24 sums, 4 weights, 2 activations: 30 of 32 registers
#define TILE_ROWS 6
#define TILE_VECTORS 1
#define TILE_HEIGHTS UP_TO_6

INLINE vec vec_fma(vec a, vec b, vec c) { return __builtin_elementwise_fma(a, b, c); }

INLINE vec vec_from_f16(const void *p) {
  typedef __fp16 vec4_f16 __attribute__((ext_vector_type(4)));
  vec4_f16 half[4];
  memcpy(half, p, sizeof half);
  vec v;
  v.lo.lo = __builtin_convertvector(half[0], vec4);
  v.lo.hi = __builtin_convertvector(half[1], vec4);
  v.hi.lo = __builtin_convertvector(half[2], vec4);
  v.hi.hi = __builtin_convertvector(half[3], vec4);
  return v;
}

#include "vector_by_quads.h"
