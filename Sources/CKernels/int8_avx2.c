// int8 products for AVX2 with FMA and F16C.
#if defined(__x86_64__)
#include <immintrin.h>

#include "int8.h"

#define KERNEL_INT8 kernel_int8_avx2

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#include "vector_avx2.h"

// Sums of two products must stay below 2^15, so bytes of 8 bits keep their sign; smaller ones come
// without.
enum { SIGNED_BIAS = 128 };

enum { INT8_WIDTH = 2 };

INLINE int32_t dot_bias(int32_t bias) { return bias == SIGNED_BIAS ? 0 : bias; }

INLINE vec_u32 dot_weights(vec_u32 bytes, int32_t bias) {
  return bias == SIGNED_BIAS ? bytes ^ 0x80808080 : bytes;
}

INLINE __m256i dot_part(__m256i sum, __m256i weights, __m256i x, int32_t bias) {
  if (bias == SIGNED_BIAS) {
    x = _mm256_sign_epi8(x, weights);
    weights = _mm256_abs_epi8(weights);
  }
  __m256i pairs = _mm256_maddubs_epi16(weights, x);
  return _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}

INLINE vec_i32 vec_dot(vec_i32 sum, vec_u32 weights, const int8_t *x, int32_t bias) {
  int32_t four;
  memcpy(&four, x, sizeof four);
  __m256i all = _mm256_set1_epi32(four), parts[2], w[2];
  memcpy(parts, &sum, sizeof parts);
  memcpy(w, &weights, sizeof w);
  parts[0] = dot_part(parts[0], w[0], all, bias);
  parts[1] = dot_part(parts[1], w[1], all, bias);
  memcpy(&sum, parts, sizeof parts);
  return sum;
}

INLINE vec_u32 lookup_bytes(const uint8_t table[16], vec_u32 index) {
  __m256i entries = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)table));
  __m256i parts[2];
  index &= 0x0f0f0f0f;
  memcpy(parts, &index, sizeof parts);
  parts[0] = _mm256_shuffle_epi8(entries, parts[0]);
  parts[1] = _mm256_shuffle_epi8(entries, parts[1]);
  memcpy(&index, parts, sizeof parts);
  return index;
}

#include "body_int8.h"
#pragma clang attribute pop
#endif
