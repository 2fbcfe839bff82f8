// Products with activations rounded to int8, split over output columns.
#include "int8.h"

#include "parallel.h"
#include "table.h"

enum {
  MOST_INT8_ROWS = 512,     // quantised at once
  INT8_COLUMN_UNIT = 32,
  MOST_INT8_COLUMNS = 512,
  INT8_ROW_COST = 24,       // reading the weights takes as long as this many rows of products
};

static const int8_functions *active_functions(void) {
  switch (kernel_isa_active()) {
#if defined(__x86_64__)
    case KERNEL_ISA_AVX512:
      return __builtin_cpu_supports("avx512vnni") ? &kernel_int8_vnni : &kernel_int8_avx2;
    case KERNEL_ISA_AVX2: return &kernel_int8_avx2;
#elif defined(__aarch64__)
    case KERNEL_ISA_NEON: return &kernel_int8_neon;
#endif
    default: return &kernel_int8_portable;
  }
}

// Work in chunks: activations by rows, products by columns of groups of weight rows.
typedef struct {
  const int8_functions *functions;
  int8_product p;
  int8_block *blocks;
  const float *x;
  size_t x_stride, part;
  const kernel_view *w;
  size_t group_rows, parts_in_group;
} int8_region;

static void quantise_part(void *context, size_t chunk) {
  const int8_region *r = context;
  size_t last = minimum((chunk + 1) * r->part, r->p.rows);
  for (size_t m = chunk * r->part; m < last; m++) {
    r->functions->quantise(r->blocks + m, r->p.rows, r->x + m * r->x_stride, r->p.depth, r->p.type);
  }
}

static void multiply_part(void *context, size_t chunk) {
  const int8_region *r = context;
  size_t group = chunk / r->parts_in_group, first = chunk % r->parts_in_group * r->part;
  int8_product p = r->p;
  p.w = (const char *)r->w->data + group * r->w->group_bytes;
  p.y += group * r->group_rows;
  r->functions->product(&p, first, minimum(r->part, r->group_rows - first));
}

// Too little work is not worth waking a thread for.
static void run_chunks(size_t chunks, size_t work, kernel_task task, void *context) {
  if (work >= KERNEL_SMALL_WORK) {
    kernel_parallel_for(chunks, task, context);
  } else {
    for (size_t i = 0; i < chunks; i++) task(context, i);
  }
}

static void multiply_rows(int8_region *r) {
  r->p.x = r->blocks;
  r->part = maximum(chunks_of(r->p.rows, 4 * kernel_threads()), 1);
  run_chunks(chunks_of(r->p.rows, r->part), r->p.rows * r->p.depth, quantise_part, r);
  r->part = part_size(r->group_rows, INT8_COLUMN_UNIT, MOST_INT8_COLUMNS);
  r->parts_in_group = chunks_of(r->group_rows, r->part);
  size_t work = (r->p.rows + INT8_ROW_COST) * r->w->rows * r->p.depth / 4;
  run_chunks(r->w->rows / r->group_rows * r->parts_in_group, work, multiply_part, r);
}

bool kernel_int8_applies(kernel_view w) {
  return kernel_type_block(w.type) > 1 && !w.transposed;
}

void kernel_view_matmul_int8(float *y, size_t y_stride, const float *x, size_t x_stride,
                             size_t rows, kernel_view w, bool accumulate) {
  if (!kernel_int8_applies(w) || w.columns == 0) {
    kernel_view_matmul(y, y_stride, x, x_stride, rows, w, accumulate);
    return;
  }
  (void)kernel_row_size(w.type, w.columns);  // traps where rows are not whole blocks
  if (rows == 0 || w.rows == 0) return;
  size_t most = minimum(rows, MOST_INT8_ROWS);
  int8_region r = {
      .functions = active_functions(),
      .p = {.y_stride = y_stride, .w_stride = w.row_bytes, .type = w.type, .depth = w.columns,
            .accumulate = accumulate},
      .blocks = kernel_scratch(SCRATCH_SHARED,
                               most * (w.columns / INT8_BLOCK) * sizeof(int8_block)),
      .x_stride = x_stride,
      .w = &w,
      .group_rows = w.group_rows > 0 ? w.group_rows : w.rows,
  };
  for (size_t m = 0; m < rows; m += most) {
    r.p.rows = minimum(most, rows - m);
    r.p.y = y + m * y_stride;
    r.x = x + m * x_stride;
    multiply_rows(&r);
  }
}
