// Every kernel, over the vector primitives included before; defines `KERNEL_TABLE` for one
// instruction set.
#pragma once

#include "body_activations.h"
#include "body_few_rows.h"
#include "body_layernorm.h"
#include "body_rows.h"

// As many sums as hide the latency of an FMA; each step multiplies and adds every lane of every sum.
static double run_flops(size_t steps, float *sink) {
  vec sums[TILE_ROWS * TILE_VECTORS];
  vec factor = vec_all(0.999f), term = vec_all(0.001f);
#pragma clang loop unroll(full)
  for (size_t i = 0; i < TILE_ROWS * TILE_VECTORS; i++) sums[i] = vec_all((float)i);
  for (size_t s = 0; s < steps; s++) {
#pragma clang loop unroll(full)
    for (size_t i = 0; i < TILE_ROWS * TILE_VECTORS; i++) sums[i] = vec_fma(sums[i], factor, term);
  }
  vec total = vec_all(0);
  for (size_t i = 0; i < TILE_ROWS * TILE_VECTORS; i++) total += sums[i];
  *sink = vec_sum(total);
  return 2.0 * LANES * TILE_ROWS * TILE_VECTORS * (double)steps;
}

static uint32_t run_read(const void *data, size_t n) {
  const char *p = data;
  vec_u32 bits[4] = {0};
  for (; n >= 4 * sizeof(vec_u32); n -= 4 * sizeof(vec_u32), p += 4 * sizeof(vec_u32)) {
#pragma clang loop unroll(full)
    for (size_t i = 0; i < 4; i++) bits[i] ^= (vec_u32)vec_load(p + i * sizeof(vec_u32));
  }
  vec_u32 all = bits[0] ^ bits[1] ^ bits[2] ^ bits[3];
  uint32_t result = 0;
  for (int i = 0; i < LANES; i++) result ^= all[i];
  for (size_t i = 0; i < n; i++) result ^= (uint8_t)p[i];
  return result;
}

const kernel_table KERNEL_TABLE = {
    .isa = KERNEL_ISA,
    .product = run_product,
    .dot = run_dot,
    .add = run_add,
    .scale_add = run_scale_add,
    .to_f32 = run_to_f32,
    .rmsnorm = run_rmsnorm,
    .rmsnorm_backward = run_rmsnorm_backward,
    .rope = run_rope,
    .softmax = run_softmax,
    .softmax_backward = run_softmax_backward,
    .log_sum_exp = run_log_sum_exp,
    .exp = run_exp,
    .layernorm = run_layernorm,
    .layernorm_backward = run_layernorm_backward,
    .activate = run_activate,
    .activate_backward = run_activate_backward,
    .soft_cap = run_soft_cap,
    .cap_slope = run_cap_slope,
    .run_flops = run_flops,
    .read = run_read,
};
