// The vector every kernel is written over: 16 floats, whatever the width of the machine's registers.
//
// One virtual width makes one order of summation, so that all instruction sets with FMA agree bit
// for bit. vector_<isa>.h adds what differs between them:
//   vec_fma          a·b + c, rounded once where the machine has FMA
//   vec_load_part    the first n < 16 floats, the rest 0
//   vec_store_part   the first n < 16 floats
//   vec_from_f16     16 half floats
//   load_quad        16 rows of 16 bytes, transposed as 32-bit words: out[j] has word j of each row
//   load_lines       the same of 64 bytes
//   vec_lookup       for each lane an entry of a table of 16; only the low 4 bits of an index count
// and TILE_ROWS x TILE_VECTORS, the tile of a product that fits in its registers.
#pragma once

#include <math.h>
#include <string.h>

#include "table.h"

#define INLINE static inline __attribute__((always_inline))

enum { LANES = 16 };

typedef float vec __attribute__((ext_vector_type(16)));
typedef float vec8 __attribute__((ext_vector_type(8)));
typedef float vec4 __attribute__((ext_vector_type(4)));
typedef int32_t vec_i32 __attribute__((ext_vector_type(16)));
typedef uint32_t vec_u32 __attribute__((ext_vector_type(16)));
typedef uint16_t vec_u16 __attribute__((ext_vector_type(16)));

// Vectors wider than the registers are only passed to functions that are inlined.
#pragma clang diagnostic ignored "-Wpsabi"

// A contraction the compiler chooses could differ between instruction sets.
#pragma STDC FP_CONTRACT OFF

INLINE size_t least(size_t a, size_t b) { return a < b ? a : b; }

INLINE vec vec_all(float x) { return (vec)(x); }

INLINE vec vec_load(const void *p) {
  vec v;
  memcpy(&v, p, sizeof v);
  return v;
}

INLINE void vec_store(float *p, vec v) { memcpy(p, &v, sizeof v); }

INLINE vec vec_from_bf16(const void *p) {
  vec_u16 half;
  memcpy(&half, p, sizeof half);
  return (vec)(__builtin_convertvector(half, vec_u32) << 16);
}

// NaN in b passes; NaN in a gives b.
INLINE vec vec_max(vec a, vec b) { return a > b ? a : b; }
INLINE vec vec_min(vec a, vec b) { return a < b ? a : b; }

// Pairwise, the same tree in every instruction set: lanes 8 apart, then 4, 2, 1.
INLINE float vec_sum(vec v) {
  vec8 a = v.lo + v.hi;
  vec4 b = a.lo + a.hi;
  return (b.x + b.z) + (b.y + b.w);
}

INLINE float vec_largest(vec v) {
  vec8 a = v.lo > v.hi ? v.lo : v.hi;
  vec4 b = a.lo > a.hi ? a.lo : a.hi;
  float first = b.x > b.z ? b.x : b.z, second = b.y > b.w ? b.y : b.w;
  return first > second ? first : second;
}

// v in the first `count` lanes, `other` in the rest.
INLINE vec vec_first(vec v, size_t count, float other) {
  const vec_i32 lane = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  return lane < (vec_i32)((int32_t)count) ? v : vec_all(other);
}
