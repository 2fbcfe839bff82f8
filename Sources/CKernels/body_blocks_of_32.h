// Types in blocks of 32 weights: a half float scale, perhaps a minimum, and 4, 5 or 8 bits a weight.
// Nibbles: weight i < 16 is the low one of byte i, weight 16 + i the high one.
#pragma once

#include "body_blocks.h"

// d f16, quants 16 bytes: d · (quant − 8).
INLINE void take_q4_0(sink *s, const char *w, size_t stride, size_t part) {
  (void)part;
  vec scale = low_half(quad_at(w, stride).word[0]);
  quad q = quad_at(w + 2, stride);
  put_scaled(s, 0, q, quants_4bit_signed, scale);
  put_scaled(s, 16, quad_shifted(q, 4), quants_4bit_signed, scale);
}

// As Q4_0, with quants that stand for unevenly spaced numbers.
INLINE void take_iq4_nl(sink *s, const char *w, size_t stride, size_t part) {
  (void)part;
  vec scale = low_half(quad_at(w, stride).word[0]);
  quad q = quad_at(w + 2, stride);
  put_scaled(s, 0, q, quants_nonlinear, scale);
  put_scaled(s, 16, quad_shifted(q, 4), quants_nonlinear, scale);
}

// d f16, m f16, quants 16 bytes: d · quant + m.
INLINE void take_q4_1(sink *s, const char *w, size_t stride, size_t part) {
  (void)part;
  vec_u32 head = quad_at(w, stride).word[0];
  vec scale = low_half(head), offset = high_half(head);
  quad q = quad_at(w + 4, stride);
  put_offset(s, 0, q, quants_4bit, scale, offset);
  put_offset(s, 16, quad_shifted(q, 4), quants_4bit, scale, offset);
}

// The low nibble of every byte, and above it one of 16 bits for each.
INLINE quad with_fifth_bits(quad nibbles, vec_u32 bits) {
  quad q;
#pragma clang loop unroll(full)
  for (uint32_t i = 0; i < 4; i++) {
    vec_u32 four = bits >> 4 * i;
    vec_u32 spread = (four << 4 & 0x10) | (four << 11 & 0x1000) | (four << 18 & 0x100000) |
                     (four << 25 & 0x10000000);
    q.word[i] = (nibbles.word[i] & 0x0f0f0f0f) | spread;
  }
  return q;
}

// d f16, fifth bits u32, quants 16 bytes: d · (quant − 16).
INLINE void take_q5_0(sink *s, const char *w, size_t stride, size_t part) {
  (void)part;
  quad head = quad_at(w, stride), q = quad_at(w + 6, stride);
  vec scale = low_half(head.word[0]);
  vec_u32 fifth = head.word[0] >> 16 | head.word[1] << 16;
  quad half[2] = {with_fifth_bits(q, fifth), with_fifth_bits(quad_shifted(q, 4), fifth >> 16)};
#pragma clang loop unroll(full)
  for (size_t h = 0; h < 2; h++) {
#pragma clang loop unroll(full)
    for (size_t i = 0; i < 4; i++) half[h].word[i] = bytes_minus(half[h].word[i], 16);
    put_bytes_scaled(s, 16 * h, half[h], scale);
  }
}

// d f16, m f16, fifth bits u32, quants 16 bytes: d · quant + m.
INLINE void take_q5_1(sink *s, const char *w, size_t stride, size_t part) {
  (void)part;
  quad head = quad_at(w, stride), q = quad_at(w + 8, stride);
  vec scale = low_half(head.word[0]), offset = high_half(head.word[0]);
  vec_u32 fifth = head.word[1];
  put_bytes_offset(s, 0, with_fifth_bits(q, fifth), scale, offset);
  put_bytes_offset(s, 16, with_fifth_bits(quad_shifted(q, 4), fifth >> 16), scale, offset);
}

// d f16, quants 32 signed bytes: d · quant.
INLINE void take_q8_0(sink *s, const char *w, size_t stride, size_t part) {
  (void)part;
  vec scale = low_half(quad_at(w, stride).word[0]);
  put_bytes_scaled(s, 0, quad_at(w + 2, stride), scale);
  put_bytes_scaled(s, 16, quad_at(w + 18, stride), scale);
}
