// AVX2 primitives: two registers are one vector.
#pragma once

#include "vector.h"

// 12 sums, 2 weights, 1 activation: 15 of 16 registers
#define TILE_ROWS 6
#define TILE_VECTORS 1
#define TILE_HEIGHTS UP_TO_6

INLINE vec vec_fma(vec a, vec b, vec c) { return __builtin_elementwise_fma(a, b, c); }

#define VEC_HAS_MASKS

// All ones in the first n - 8·part lanes.
INLINE __m256i part_mask(size_t n, int part) {
  __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)n - 8 * part), lane);
}

INLINE vec vec_load_part(const float *p, size_t n) {
  vec v;
  v.lo = (vec8)_mm256_maskload_ps(p, part_mask(n, 0));
  v.hi = (vec8)_mm256_maskload_ps(p + 8, part_mask(n, 1));
  return v;
}

INLINE void vec_store_part(float *p, vec v, size_t n) {
  _mm256_maskstore_ps(p, part_mask(n, 0), (__m256)v.lo);
  _mm256_maskstore_ps(p + 8, part_mask(n, 1), (__m256)v.hi);
}

INLINE vec vec_from_f16(const void *p) {
  vec v;
  v.lo = (vec8)_mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)p));
  v.hi = (vec8)_mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)p + 1));
  return v;
}

// Half of the table and half of the index at a time; bit 3 of the index chooses between the halves.
INLINE vec8 lookup_part(const float table[16], __m256i index) {
  __m256 low = _mm256_permutevar8x32_ps(_mm256_loadu_ps(table), index);
  __m256 high = _mm256_permutevar8x32_ps(_mm256_loadu_ps(table + 8), index);
  return (vec8)_mm256_blendv_ps(low, high, (__m256)_mm256_slli_epi32(index, 28));
}

INLINE vec vec_lookup(const float table[16], vec_u32 index) {
  vec v;
  v.lo = lookup_part(table, (__m256i)index.lo);
  v.hi = lookup_part(table, (__m256i)index.hi);
  return v;
}

#include "vector_by_quads.h"
