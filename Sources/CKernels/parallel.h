// Splitting an operation's independent parts into chunks for the pool.
#pragma once

#include "kernels.h"

static inline size_t minimum(size_t a, size_t b) { return a < b ? a : b; }
static inline size_t maximum(size_t a, size_t b) { return a > b ? a : b; }
static inline size_t chunks_of(size_t n, size_t size) { return (n + size - 1) / size; }

// The size of parts, a multiple of `unit`, that gives every thread a few of `n` to claim.
static inline size_t part_size(size_t n, size_t unit, size_t most) {
  size_t wanted = chunks_of(n, 4 * kernel_threads());
  return minimum(maximum(chunks_of(wanted, unit), 1) * unit, most);
}
