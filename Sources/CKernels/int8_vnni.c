// int8 products for AVX-512 with its instruction for sums of four products of bytes.
#if defined(__x86_64__)
#include <immintrin.h>

#include "int8.h"

#define KERNEL_INT8 kernel_int8_vnni

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c"))), \
    apply_to = function)
#include "vector_avx512.h"

enum { INT8_WIDTH = 2 };

INLINE int32_t dot_bias(int32_t bias) { return bias; }

INLINE vec_u32 dot_weights(vec_u32 bytes, int32_t bias) {
  (void)bias;
  return bytes;
}

INLINE vec_i32 vec_dot(vec_i32 sum, vec_u32 weights, const int8_t *x, int32_t bias) {
  (void)bias;
  int32_t four;
  memcpy(&four, x, sizeof four);
  __m512i all = _mm512_set1_epi32(four);
  return (vec_i32)_mm512_dpbusd_epi32((__m512i)sum, (__m512i)weights, all);
}

INLINE vec_u32 lookup_bytes(const uint8_t table[16], vec_u32 index) {
  __m512i entries = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)table));
  return (vec_u32)_mm512_shuffle_epi8(entries, (__m512i)(index & 0x0f0f0f0f));
}

#include "body_int8.h"
#pragma clang attribute pop
#endif
