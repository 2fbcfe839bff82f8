// Speed of matrix products by weight type, as shares of what this machine measures beside them.
//
//     cc -O2 -I Sources/CKernels/include Benchmarks/products.c Sources/CKernels/*.c -lm -lpthread
//     ./a.out threads repetitions rows [int8] [type …]
//
// One row reads memory: its share is of the read bandwidth over as many bytes. Many rows compute:
// their share is of the FMA peak. Each run has its limit measured just before it; given are the best
// time with its limit, and the best and the median share. With `int8`, products with activations in
// int8 too, whose share of the FMA peak may pass 100 %. Times are the calling thread's processor
// time on one thread, and wall time on several, which only a quiet machine makes worth reading.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kernels.h"

enum { BUFFER = 512 << 20, MOST = 64, MOST_ROWS = 512 };

static char *weights;
static float *x, *y;
static size_t threads, repetitions;

static double now(void) {
  struct timespec t;
  clock_gettime(threads == 1 ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

// The scales of every type fall on words of this pattern, small and finite.
static void fill(void) {
  uint32_t state = 1;
  for (size_t i = 0; i < BUFFER; i += 2) {
    state = state * 1664525u + 1013904223u;
    uint16_t word = (uint16_t)(0x2000 | (state >> 16 & 0x0fff));
    memcpy(weights + i, &word, 2);
  }
}

static void measure_peak(void *context, size_t chunk) {
  ((double *)context)[chunk] = kernel_measure_flops(0.01);
}

static double peak(void) {
  double each[256] = {0}, sum = 0;
  kernel_parallel_for(threads, measure_peak, each);
  for (size_t i = 0; i < threads; i++) sum += each[i];
  return sum;
}

static int ascending(const void *a, const void *b) {
  double p = *(const double *)a, q = *(const double *)b;
  return (p > q) - (p < q);
}

typedef enum { FORWARD, BACKWARD, INT8, KIND_COUNT } product_kind;

static const char *const kind_names[KIND_COUNT] = {"forward", "backward", "int8"};

static void multiply(product_kind kind, kernel_matrix w, size_t rows) {
  if (kind == FORWARD) {
    kernel_matmul(y, w.rows, x, w.columns, rows, w, false);
  } else if (kind == BACKWARD) {
    kernel_matmul_backward(y, w.columns, x, w.rows, rows, w, false);
  } else {
    kernel_view view = {.data = w.data, .type = w.type, .rows = w.rows, .columns = w.columns,
                        .row_bytes = kernel_row_size(w.type, w.columns)};
    kernel_view_matmul_int8(y, w.rows, x, w.columns, rows, view, false);
  }
}

static void measure(kernel_type type, size_t rows, size_t outputs, size_t inputs,
                    product_kind kind) {
  size_t bytes = outputs * kernel_row_size(type, inputs), count = BUFFER / bytes, at = 0;
  double shares[MOST], least = 1e9, limit = 0;
  for (size_t r = 0; r <= repetitions; r++) {
    kernel_matrix w = {weights + at++ % count * bytes, type, outputs, inputs};
    double seconds = rows == 1
        ? (double)bytes / kernel_measure_read_bandwidth(weights + at++ % count * bytes, bytes, 0)
        : 2.0 * (double)(rows * outputs * inputs) / peak();
    double start = now();
    multiply(kind, w, rows);
    double taken = now() - start;
    if (r == 0) continue;
    shares[r - 1] = seconds / taken;
    if (taken < least) least = taken, limit = seconds;
  }
  qsort(shares, repetitions, sizeof *shares, ascending);
  double work = rows == 1 ? (double)bytes : 2.0 * (double)(rows * outputs * inputs);
  printf("%-7s %4zu rows %5zu x %5zu %-8s %8.3f ms  %6.1f G/s of %6.1f  ", kernel_type_name(type),
         rows, outputs, inputs, kind_names[kind], 1e3 * least,
         1e-9 * work / least, 1e-9 * work / limit);
  printf("best %5.1f %%  median %5.1f %%\n", 100 * shares[repetitions - 1],
         100 * shares[repetitions / 2]);
  fflush(stdout);
}

int main(int argc, char **argv) {
  if (argc < 4) return 2;
  threads = strtoul(argv[1], NULL, 10);
  repetitions = strtoul(argv[2], NULL, 10);
  size_t rows = strtoul(argv[3], NULL, 10);
  if (threads < 1 || threads > 256 || repetitions < 1 || repetitions > MOST) return 2;
  if (rows < 1 || rows > MOST_ROWS) return 2;
  kernel_threads_set(threads);
  weights = aligned_alloc(4096, BUFFER);
  x = calloc(MOST_ROWS * 11008, sizeof *x);
  y = calloc(MOST_ROWS * 11008, sizeof *y);
  if (weights == NULL || x == NULL || y == NULL) return 1;
  fill();
  for (size_t i = 0; i < MOST_ROWS * 11008; i++) x[i] = 0.01f * (float)(i % 97) - 0.5f;
  bool with_int8 = argc > 4 && strcmp(argv[4], "int8") == 0;
  if (with_int8) argc--, argv++;
  printf("%s, %zu threads, %zu repetitions\n", kernel_isa_name(kernel_isa_active()), threads,
         repetitions);
  for (int type = 0; type < KERNEL_TYPE_COUNT; type++) {
    bool wanted = argc <= 4;
    const char *name = kernel_type_name((kernel_type)type);
    for (int i = 4; i < argc; i++) wanted |= strcmp(argv[i], name) == 0;
    if (!wanted) continue;
    for (int kind = FORWARD; kind <= (with_int8 ? INT8 : BACKWARD); kind++) {
      if (kind == INT8 && kernel_type_block((kernel_type)type) == 1) continue;
      measure((kernel_type)type, rows, 4096, 4096, (product_kind)kind);
      measure((kernel_type)type, rows, 4096, 11008, (product_kind)kind);
    }
  }
}
