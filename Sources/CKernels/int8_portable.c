// int8 products for any machine.
#include "int8.h"

#define KERNEL_INT8 kernel_int8_portable

#include "vector_portable.h"

enum { INT8_WIDTH = 1 };

INLINE int32_t dot_bias(int32_t bias) { return bias; }

INLINE vec_u32 dot_weights(vec_u32 bytes, int32_t bias) {
  (void)bias;
  return bytes;
}

INLINE vec_i32 vec_dot(vec_i32 sum, vec_u32 weights, const int8_t *x, int32_t bias) {
  (void)bias;
#pragma clang loop unroll(full)
  for (uint32_t i = 0; i < 4; i++) sum += (vec_i32)(weights >> 8 * i & 255) * (int32_t)x[i];
  return sum;
}

INLINE vec_u32 lookup_bytes(const uint8_t table[16], vec_u32 index) {
  uint8_t bytes[64];
  memcpy(bytes, &index, sizeof bytes);
  for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = table[bytes[i] & 15];
  memcpy(&index, bytes, sizeof bytes);
  return index;
}

#include "body_int8.h"
