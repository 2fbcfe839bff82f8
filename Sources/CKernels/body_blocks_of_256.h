// Types in blocks of 256 weights, whose 16 or 8 parts have small integer scales of their own. A part
// of a `load` function is 32 weights.
//
// Loads are placed so that all 16 bytes lie in the block, even where only two of them are wanted.
#pragma once

#include "body_blocks.h"

INLINE vec_u32 byte_of(vec_u32 words, size_t i) { return words >> (uint32_t)(8 * i) & 255; }

// scales 16 bytes (low nibble the scale, high the minimum, for 16 weights each), quants 64 bytes,
// d f16, dmin f16: d · scale · quant − dmin · minimum.
INLINE steps load_q2_k(const char *w, size_t stride, size_t part) {
  vec_u32 head = quad_at(w + 68, stride).word[3], scales = quad_at(w + 2 * part, stride).word[0];
  vec d = low_half(head), dmin = high_half(head);
  const char *quants = w + 16 + 32 * (part / 4);
  steps s;
#pragma clang loop unroll(full)
  for (size_t h = 0; h < 2; h++) {
    vec_u32 byte = byte_of(scales, h);
    s.scale[h] = d * float_of(byte & 15);
    s.offset[h] = -(dmin * float_of(byte >> 4));
    s.half[h] = quad_shifted(quad_at(quants + 16 * h, stride), 2 * (part % 4));
  }
  return s;
}

// high bits 32 bytes, quants 64 bytes, scales 12 bytes (16 of 6 bits), d f16:
// d · (scale − 32) · (quant − 4), the quant's third bit from the high bits.
INLINE steps load_q3_k(const char *w, size_t stride, size_t part) {
  quad tail = quad_at(w + 94, stride);  // 2 bytes, scales, d
  vec d = high_half(tail.word[3]);
  vec_u32 low = part % 4 < 2 ? tail.word[0] >> 16 | tail.word[1] << 16
                             : tail.word[1] >> 16 | tail.word[2] << 16;
  vec_u32 high = (tail.word[2] >> 16 | tail.word[3] << 16) >> (uint32_t)(2 * (part / 2));
  low >>= (uint32_t)(4 * (part / 4));
  const char *quants = w + 32 + 32 * (part / 4);
  steps s = {0};
#pragma clang loop unroll(full)
  for (size_t h = 0; h < 2; h++) {
    size_t byte = 2 * (part % 2) + h;
    s.scale[h] = d * float_of(((byte_of(low, byte) & 15) | (byte_of(high, byte) & 3) << 4) - 32);
    quad q = quad_shifted(quad_at(quants + 16 * h, stride), 2 * (part % 4));
    quad third = quad_shifted(quad_at(w + 16 * h, stride), (uint32_t)part);
    s.half[h] = quad_joined(q, 0x03030303, third, 0x01010101, 2);
  }
  return s;
}

// Scale and minimum of a part of Q4_K and Q5_K, whose blocks begin with d f16, dmin f16 and 12 bytes
// that hold 8 scales and 8 minima of 6 bits.
INLINE void scale_and_offset(steps *s, const char *w, size_t stride, size_t part) {
  quad head = quad_at(w, stride);
  vec_u32 first = byte_of(head.word[1], part % 4), second = byte_of(head.word[2], part % 4);
  vec_u32 third = byte_of(head.word[3], part % 4);
  vec_u32 times = first & 63, minus = second & 63;
  if (part >= 4) {
    times = (third & 15) | (first >> 6) << 4;
    minus = third >> 4 | (second >> 6) << 4;
  }
  s->scale[0] = s->scale[1] = low_half(head.word[0]) * float_of(times);
  s->offset[0] = s->offset[1] = -(high_half(head.word[0]) * float_of(minus));
}

// d, dmin, scales, quants 128 bytes: d · scale · quant − dmin · minimum. Two parts share 32 bytes.
INLINE steps load_q4_k(const char *w, size_t stride, size_t part) {
  const char *quants = w + 16 + 32 * (part / 2);
  steps s;
  scale_and_offset(&s, w, stride, part);
  s.half[0] = quad_shifted(quad_at(quants, stride), 4 * (part % 2));
  s.half[1] = quad_shifted(quad_at(quants + 16, stride), 4 * (part % 2));
  return s;
}

// As Q4_K with 32 bytes of fifth bits, bit `part` of each, before the quants.
INLINE steps load_q5_k(const char *w, size_t stride, size_t part) {
  const char *quants = w + 48 + 32 * (part / 2);
  steps s;
  scale_and_offset(&s, w, stride, part);
#pragma clang loop unroll(full)
  for (size_t h = 0; h < 2; h++) {
    quad q = quad_shifted(quad_at(quants + 16 * h, stride), 4 * (part % 2));
    quad fifth = quad_shifted(quad_at(w + 16 + 16 * h, stride), (uint32_t)part);
    s.half[h] = quad_joined(q, 0x0f0f0f0f, fifth, 0x01010101, 4);
  }
  return s;
}

// low bits 128 bytes, high bits 64 bytes, scales 16 signed bytes, d f16: d · scale · (quant − 32).
INLINE steps load_q6_k(const char *w, size_t stride, size_t part) {
  vec d = high_half(quad_at(w + 194, stride).word[3]);
  vec_i32 scales = (vec_i32)quad_at(w + 180 + 2 * part, stride).word[3];  // 2 of this part's, 2 more
  const char *low = w + 64 * (part / 4) + 32 * (part % 2), *high = w + 128 + 32 * (part / 4);
  steps s = {0};
#pragma clang loop unroll(full)
  for (uint32_t h = 0; h < 2; h++) {
    s.scale[h] = d * float_of((vec_u32)(scales << (24 - 8 * h) >> 24));
    quad q = quad_shifted(quad_at(low + 16 * h, stride), 4 * (part % 4 / 2));
    quad top = quad_shifted(quad_at(high + 16 * h, stride), 2 * (part % 4));
    s.half[h] = quad_minus(quad_joined(q, 0x0f0f0f0f, top, 0x03030303, 4), 32);
  }
  return s;
}

// d f16, high scale bits u16, low scale bits 4 bytes, quants 128 bytes: d · (scale − 32) · value.
INLINE steps load_iq4_xs(const char *w, size_t stride, size_t part) {
  quad head = quad_at(w, stride);
  vec_u32 low = head.word[1] >> (uint32_t)(4 * part) & 15;
  vec_u32 high = head.word[0] >> (uint32_t)(16 + 2 * part) & 3;
  vec scale = low_half(head.word[0]) * float_of((low | high << 4) - 32);
  quad q = quad_at(w + 8 + 16 * part, stride);
  return same_scale(q, quad_shifted(q, 4), scale, vec_all(0));
}
