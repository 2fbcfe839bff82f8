// What instruction sets with narrower registers share: they work on quads of 4 lanes.
#pragma once

#include "vector.h"

#ifndef VEC_HAS_MASKS
INLINE vec vec_load_part(const float *p, size_t n) {
  vec v = vec_all(0);
  memcpy(&v, p, n * sizeof(float));
  return v;
}

INLINE void vec_store_part(float *p, vec v, size_t n) { memcpy(p, &v, n * sizeof(float)); }
#endif

// Four words of rows r, r + 4, r + 8 and r + 12.
INLINE vec quads_of(const char *w, size_t stride) {
  char parts[64];
#pragma clang loop unroll(full)
  for (size_t i = 0; i < 4; i++) memcpy(parts + i * 16, w + 4 * i * stride, 16);
  return vec_load(parts);
}

// Two vectors interleaved within every quad: lanes, then pairs of lanes.
#define LOW_LANES 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29
#define HIGH_LANES 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31
#define LOW_PAIRS 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29
#define HIGH_PAIRS 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31

INLINE void load_quad(vec out[4], const char *w, size_t stride) {
  vec a = quads_of(w, stride), b = quads_of(w + stride, stride);
  vec c = quads_of(w + 2 * stride, stride), d = quads_of(w + 3 * stride, stride);
  vec ab_low = __builtin_shufflevector(a, b, LOW_LANES);
  vec ab_high = __builtin_shufflevector(a, b, HIGH_LANES);
  vec cd_low = __builtin_shufflevector(c, d, LOW_LANES);
  vec cd_high = __builtin_shufflevector(c, d, HIGH_LANES);
  out[0] = __builtin_shufflevector(ab_low, cd_low, LOW_PAIRS);
  out[1] = __builtin_shufflevector(ab_low, cd_low, HIGH_PAIRS);
  out[2] = __builtin_shufflevector(ab_high, cd_high, LOW_PAIRS);
  out[3] = __builtin_shufflevector(ab_high, cd_high, HIGH_PAIRS);
}

INLINE void load_lines(vec out[LANES], const char *w, size_t stride) {
#pragma clang loop unroll(full)
  for (size_t quad = 0; quad < 4; quad++) load_quad(out + 4 * quad, w + quad * 16, stride);
}
