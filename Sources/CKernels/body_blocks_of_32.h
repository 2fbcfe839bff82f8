// Types in blocks of 32 weights: a half float scale, perhaps a minimum, and 4, 5 or 8 bits a weight.
// Nibbles: weight i < 16 is the low one of byte i, weight 16 + i the high one.
#pragma once

#include "body_blocks.h"

// d f16, quants 16 bytes: d · (quant − 8).
INLINE steps load_q4_0(const char *w, size_t stride, size_t part) {
  (void)part;
  vec scale = low_half(quad_at(w, stride).word[0]);
  quad q = quad_at(w + 2, stride);
  return same_scale(q, quad_shifted(q, 4), scale, vec_all(0));
}

// As Q4_0, with quants that stand for unevenly spaced numbers.
INLINE steps load_iq4_nl(const char *w, size_t stride, size_t part) {
  return load_q4_0(w, stride, part);
}

// d f16, m f16, quants 16 bytes: d · quant + m.
INLINE steps load_q4_1(const char *w, size_t stride, size_t part) {
  (void)part;
  vec_u32 head = quad_at(w, stride).word[0];
  quad q = quad_at(w + 4, stride);
  return same_scale(q, quad_shifted(q, 4), low_half(head), high_half(head));
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
INLINE steps load_q5_0(const char *w, size_t stride, size_t part) {
  (void)part;
  quad head = quad_at(w, stride), q = quad_at(w + 6, stride);
  vec_u32 fifth = head.word[0] >> 16 | head.word[1] << 16;
  quad low = with_fifth_bits(q, fifth), high = with_fifth_bits(quad_shifted(q, 4), fifth >> 16);
  return same_scale(quad_minus(low, 16), quad_minus(high, 16), low_half(head.word[0]), vec_all(0));
}

// d f16, m f16, fifth bits u32, quants 16 bytes: d · quant + m.
INLINE steps load_q5_1(const char *w, size_t stride, size_t part) {
  (void)part;
  quad head = quad_at(w, stride), q = quad_at(w + 8, stride);
  vec_u32 fifth = head.word[1];
  quad low = with_fifth_bits(q, fifth), high = with_fifth_bits(quad_shifted(q, 4), fifth >> 16);
  return same_scale(low, high, low_half(head.word[0]), high_half(head.word[0]));
}

// d f16, quants 32 signed bytes: d · quant.
INLINE steps load_q8_0(const char *w, size_t stride, size_t part) {
  (void)part;
  vec scale = low_half(quad_at(w, stride).word[0]);
  return same_scale(quad_at(w + 2, stride), quad_at(w + 18, stride), scale, vec_all(0));
}
