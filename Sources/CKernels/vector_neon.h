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

// The bytes of entry i are bytes 4i … 4i + 3 of the table.
INLINE vec vec_lookup(const float table[16], vec_u32 index) {
  vec_u32 bytes = (index & 15) * 0x04040404 + 0x03020100;
  uint8x16x4_t entries = vld1q_u8_x4((const uint8_t *)table);
  uint8x16_t parts[4];
  memcpy(parts, &bytes, sizeof parts);
#pragma clang loop unroll(full)
  for (size_t i = 0; i < 4; i++) parts[i] = vqtbl4q_u8(entries, parts[i]);
  vec v;
  memcpy(&v, parts, sizeof v);
  return v;
}

#include "vector_by_quads.h"
