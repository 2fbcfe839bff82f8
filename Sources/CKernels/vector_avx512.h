// AVX-512 primitives: one register is one vector.
#pragma once

#include "vector.h"

// 28 sums, 2 weights, 1 activation: 31 of 32 registers
#define TILE_ROWS 14
#define TILE_VECTORS 2
#define TILE_HEIGHTS UP_TO_14

INLINE vec vec_fma(vec a, vec b, vec c) { return __builtin_elementwise_fma(a, b, c); }

INLINE vec vec_load_part(const float *p, size_t n) {
  return (vec)_mm512_maskz_loadu_ps((__mmask16)((1u << n) - 1), p);
}

INLINE void vec_store_part(float *p, vec v, size_t n) {
  _mm512_mask_storeu_ps(p, (__mmask16)((1u << n) - 1), (__m512)v);
}

INLINE vec vec_from_f16(const void *p) {
  return (vec)_mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)p));
}

// Lanes (a0 b0 a1 b1) and (a2 b2 a3 b3) of every 128-bit part, then the same on pairs.
INLINE void transpose_parts(vec out[4], vec a, vec b, vec c, vec d) {
  __m512d ab_low = (__m512d)_mm512_unpacklo_ps((__m512)a, (__m512)b);
  __m512d ab_high = (__m512d)_mm512_unpackhi_ps((__m512)a, (__m512)b);
  __m512d cd_low = (__m512d)_mm512_unpacklo_ps((__m512)c, (__m512)d);
  __m512d cd_high = (__m512d)_mm512_unpackhi_ps((__m512)c, (__m512)d);
  out[0] = (vec)_mm512_unpacklo_pd(ab_low, cd_low);
  out[1] = (vec)_mm512_unpackhi_pd(ab_low, cd_low);
  out[2] = (vec)_mm512_unpacklo_pd(ab_high, cd_high);
  out[3] = (vec)_mm512_unpackhi_pd(ab_high, cd_high);
}

INLINE vec vec_lookup(const float table[16], vec_u32 index) {
  return (vec)_mm512_permutexvar_ps((__m512i)index, _mm512_loadu_ps(table));
}

// Four words of rows r, r + 4, r + 8 and r + 12.
INLINE vec quads_of(const char *w, size_t stride) {
  __m512i rows = _mm512_castsi128_si512(_mm_loadu_si128((const __m128i *)w));
  rows = _mm512_inserti32x4(rows, _mm_loadu_si128((const __m128i *)(w + 4 * stride)), 1);
  rows = _mm512_inserti32x4(rows, _mm_loadu_si128((const __m128i *)(w + 8 * stride)), 2);
  return (vec)_mm512_inserti32x4(rows, _mm_loadu_si128((const __m128i *)(w + 12 * stride)), 3);
}

INLINE void load_quad(vec out[4], const char *w, size_t stride) {
  transpose_parts(out, quads_of(w, stride), quads_of(w + stride, stride),
                  quads_of(w + 2 * stride, stride), quads_of(w + 3 * stride, stride));
}

INLINE void load_lines(vec out[LANES], const char *w, size_t stride) {
  vec group[4][4];  // [rows 4i … 4i + 3][word j of each part]
#pragma clang loop unroll(full)
  for (size_t i = 0; i < 4; i++) {
    const char *p = w + 4 * i * stride;
    transpose_parts(group[i], vec_load(p), vec_load(p + stride), vec_load(p + 2 * stride),
                    vec_load(p + 3 * stride));
  }
#pragma clang loop unroll(full)
  for (size_t j = 0; j < 4; j++) {
    __m512 ab = _mm512_shuffle_f32x4((__m512)group[0][j], (__m512)group[1][j], 0x88);
    __m512 cd = _mm512_shuffle_f32x4((__m512)group[2][j], (__m512)group[3][j], 0x88);
    __m512 ab_odd = _mm512_shuffle_f32x4((__m512)group[0][j], (__m512)group[1][j], 0xdd);
    __m512 cd_odd = _mm512_shuffle_f32x4((__m512)group[2][j], (__m512)group[3][j], 0xdd);
    out[j] = (vec)_mm512_shuffle_f32x4(ab, cd, 0x88);
    out[8 + j] = (vec)_mm512_shuffle_f32x4(ab, cd, 0xdd);
    out[4 + j] = (vec)_mm512_shuffle_f32x4(ab_odd, cd_odd, 0x88);
    out[12 + j] = (vec)_mm512_shuffle_f32x4(ab_odd, cd_odd, 0xdd);
  }
}
