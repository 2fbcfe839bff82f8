// What this machine can do, against which speeds are given as ratios.
#if defined(__linux__)
#define _GNU_SOURCE
#endif
#include <stdatomic.h>
#include <time.h>

#include "parallel.h"
#include "table.h"

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

// The best of many short runs: other programs only ever make one slower.
double kernel_measure_flops(double seconds) {
  const kernel_table *table = kernel_active_table();
  volatile float sink;
  double best = 0;
  for (double start = now(), at = start; at - start < seconds || best == 0;) {
    float result;
    double operations = table->run_flops(20000, &result), end = now();
    sink = result;
    best = operations / (end - at) > best ? operations / (end - at) : best;
    at = end;
  }
  (void)sink;
  return best;
}

enum { READ_PART = 1 << 20 };

typedef struct {
  const kernel_table *table;
  const char *data;
  size_t bytes;
  _Atomic uint32_t sink;
} read_region;

static void read_part(void *context, size_t chunk) {
  read_region *r = context;
  size_t first = chunk * READ_PART;
  atomic_fetch_xor(&r->sink, r->table->read(r->data + first, minimum(READ_PART, r->bytes - first)));
}

double kernel_measure_read_bandwidth(const void *data, size_t bytes, double seconds) {
  read_region region = {.table = kernel_active_table(), .data = data, .bytes = bytes};
  if (bytes == 0) return 0;
  double best = 0;
  for (double start = now(), at = start; at - start < seconds || best == 0;) {
    kernel_parallel_for(chunks_of(bytes, READ_PART), read_part, &region);
    double end = now();
    best = (double)bytes / (end - at) > best ? (double)bytes / (end - at) : best;
    at = end;
  }
  return best;
}
