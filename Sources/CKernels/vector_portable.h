// Primitives for any machine. Without FMA a product is rounded before it is added, so the last bits
// may differ from those of the other instruction sets.
#pragma once

#include "vector.h"

// 12 sums of 4 lanes: what 16 registers hold
#define TILE_ROWS 3
#define TILE_VECTORS 1
#define TILE_HEIGHTS UP_TO_3

INLINE vec vec_fma(vec a, vec b, vec c) { return a * b + c; }

// Moves exponent and mantissa into place and rebiases by a multiplication, which also normalizes
// subnormal numbers; infinity and NaN get the largest exponent.
INLINE vec vec_from_f16(const void *p) {
  vec_u16 half;
  memcpy(&half, p, sizeof half);
  vec_u32 bits = __builtin_convertvector(half, vec_u32);
  vec_u32 magnitude = bits & 0x7fff;
  vec_u32 value = (vec_u32)((vec)(magnitude << 13) * vec_all(0x1p112f));
  vec_u32 special = (magnitude << 13) | 0x7f800000;
  vec_u32 isSpecial = (vec_u32)(magnitude >= 0x7c00);
  return (vec)((value & ~isSpecial) | (special & isSpecial) | ((bits & 0x8000) << 16));
}

INLINE vec vec_lookup(const float table[16], vec_u32 index) {
  vec v;
  for (size_t i = 0; i < LANES; i++) v[i] = table[index[i] & 15];
  return v;
}

#include "vector_by_quads.h"
