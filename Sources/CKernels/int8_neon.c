// int8 products for NEON.
#if defined(__aarch64__)
#include <arm_neon.h>

#include "int8.h"

#define KERNEL_INT8 kernel_int8_neon

#include "vector_neon.h"

// Both sides of a product have signs here, so that nothing is left of a bias.
enum { INT8_WIDTH = 2 };

INLINE int32_t dot_bias(int32_t bias) {
  (void)bias;
  return 0;
}

INLINE vec_u32 dot_weights(vec_u32 bytes, int32_t bias) {
  uint8x16_t parts[4];
  memcpy(parts, &bytes, sizeof parts);
#pragma clang loop unroll(full)
  for (size_t i = 0; i < 4; i++) parts[i] = vsubq_u8(parts[i], vdupq_n_u8((uint8_t)bias));
  memcpy(&bytes, parts, sizeof parts);
  return bytes;
}

INLINE int32x4_t dot_part(int32x4_t sum, int8x16_t weights, int8x16_t x) {
#if defined(__ARM_FEATURE_DOTPROD)
  return vdotq_s32(sum, weights, x);
#else
  int16x8_t low = vmull_s8(vget_low_s8(weights), vget_low_s8(x));
  int16x8_t high = vmull_s8(vget_high_s8(weights), vget_high_s8(x));
  return vaddq_s32(sum, vpaddq_s32(vpaddlq_s16(low), vpaddlq_s16(high)));
#endif
}

INLINE vec_i32 vec_dot(vec_i32 sum, vec_u32 weights, const int8_t *x, int32_t bias) {
  (void)bias;
  int32_t four;
  memcpy(&four, x, sizeof four);
  int8x16_t all = vreinterpretq_s8_s32(vdupq_n_s32(four)), w[4];
  int32x4_t parts[4];
  memcpy(parts, &sum, sizeof parts);
  memcpy(w, &weights, sizeof w);
#pragma clang loop unroll(full)
  for (size_t i = 0; i < 4; i++) parts[i] = dot_part(parts[i], w[i], all);
  memcpy(&sum, parts, sizeof parts);
  return sum;
}

INLINE vec_u32 lookup_bytes(const uint8_t table[16], vec_u32 index) {
  uint8x16_t entries = vld1q_u8(table), parts[4];
  index &= 0x0f0f0f0f;
  memcpy(parts, &index, sizeof parts);
#pragma clang loop unroll(full)
  for (size_t i = 0; i < 4; i++) parts[i] = vqtbl1q_u8(entries, parts[i]);
  memcpy(&index, parts, sizeof parts);
  return index;
}

#include "body_int8.h"
#endif
