// Reading weights of any type as floats: along a row, and 16 rows at a time.
#pragma once

#include "vector.h"

// kernel_type_size, visible to the compiler.
INLINE size_t weight_size(kernel_type type) { return type == KERNEL_F32 ? 4 : 2; }

// `type` is a constant wherever these are inlined.
INLINE size_t steps_in_line(kernel_type type) { return type == KERNEL_F32 ? 16 : 32; }

INLINE vec weight_vector(const char *w, kernel_type type) {
  if (type == KERNEL_F32) return vec_load(w);
  return type == KERNEL_F16 ? vec_from_f16(w) : vec_from_bf16(w);
}

INLINE float weight_value(const char *w, kernel_type type) {
  if (type == KERNEL_F32) {
    float x;
    memcpy(&x, w, sizeof x);
    return x;
  }
  char wide[32] = {0};
  memcpy(wide, w, 2);
  return type == KERNEL_F16 ? vec_from_f16(wide)[0] : vec_from_bf16(wide)[0];
}

// Column `step` of transposed lines: 16-bit weights lie two to a word, the even one below.
INLINE vec line_step(const vec lines[LANES], size_t step, kernel_type type) {
  if (type == KERNEL_F32) return lines[step];
  vec_u32 words = (vec_u32)lines[step / 2];
  if (type == KERNEL_BF16) return (vec)(step % 2 ? words & 0xffff0000 : words << 16);
  vec_u16 half = __builtin_convertvector(step % 2 ? words >> 16 : words & 0xffff, vec_u16);
  return vec_from_f16(&half);
}

// As load_lines where only `rows` of the 16 rows and `bytes` of the 64 bytes exist; the rest is 0.
static __attribute__((noinline)) void load_edge(vec out[LANES], const char *w, size_t stride,
                                                size_t rows, size_t bytes) {
  char copy[LANES * 64] = {0};
  for (size_t i = 0; i < rows; i++) memcpy(copy + i * 64, w + i * stride, bytes);
  load_lines(out, copy, 64);
}
