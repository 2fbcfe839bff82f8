// The exponential, the same polynomial in every instruction set.
#pragma once

#include "vector.h"

// e^x to about 1 ulp; subnormal results are rounded to their grid. x > 88.73 gives infinity,
// x < -104 gives 0, NaN gives NaN.
// With n = round(x / ln 2) and r = x − n·ln 2 in two parts, e^x = 2^n · e^r, |r| <= ln 2 / 2.
// Source: coefficients of expf in Cephes (Moshier 1992).
INLINE vec vec_exp(vec x) {
  const float to_integer = 0x1.8p23f;  // adding it rounds to an integer in the low bits
  vec bounded = vec_min(vec_all(89), vec_max(vec_all(-105), x));
  vec shifted = vec_fma(bounded, vec_all(0x1.715476p0f), vec_all(to_integer));
  vec n = shifted - vec_all(to_integer);
  vec r = vec_fma(n, vec_all(-0x1.63p-1f), bounded);
  r = vec_fma(n, vec_all(0x1.bd0106p-13f), r);

  vec p = vec_all(1.9875691500e-4f);
  p = vec_fma(p, r, vec_all(1.3981999507e-3f));
  p = vec_fma(p, r, vec_all(8.3334519073e-3f));
  p = vec_fma(p, r, vec_all(4.1665795894e-2f));
  p = vec_fma(p, r, vec_all(1.6666665459e-1f));
  p = vec_fma(p, r, vec_all(5.0000001201e-1f));
  p = vec_fma(p, r * r, r) + vec_all(1);

  // 2^n in two factors: one alone would leave the range of normal numbers at both ends.
  vec_i32 power = (vec_i32)shifted - (vec_i32)vec_all(to_integer);
  vec_i32 half = power >> 1;
  vec first = (vec)((half + 127) << 23), second = (vec)((power - half + 127) << 23);
  return p * first * second;
}
