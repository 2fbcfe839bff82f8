// Matrix products, split over output columns.
#include <stdatomic.h>
#include <string.h>

#include "parallel.h"
#include "table.h"

enum {
  COLUMN_UNIT = 32,
  MOST_COLUMNS = 512,
  MOST_STREAMED_ROWS = 4,  // for which memory is the bound
  ROW_COST = 8,  // reading the weights takes as long as this many rows of FMAs
};

typedef struct {
  const kernel_table *table;
  const product *p;
  size_t columns, part;
} product_region;

static void run_part(void *context, size_t chunk) {
  const product_region *r = context;
  size_t first = chunk * r->part;
  r->table->product(r->p, first, minimum(r->part, r->columns - first));
}

typedef struct {
  const kernel_table *table;
  const product *p;
  size_t columns, part;
  _Atomic size_t next;  // the first column that nobody has claimed
} stream_region;

// Begins with the chunk's own part, and claims another before it works on the one in hand, so that
// the weights of both are known.
static void run_stream(void *context, size_t chunk) {
  stream_region *r = context;
  product p = *r->p;
  for (size_t first = chunk * r->part; first < r->columns;) {
    size_t next = atomic_fetch_add(&r->next, r->part);
    p.ahead = next < r->columns ? p.w + next * p.w_stride : NULL;
    r->table->product(&p, first, minimum(r->part, r->columns - first));
    first = next;
  }
}

static void stream_product(const kernel_table *table, const product *p, size_t columns) {
  size_t part = kernel_type_block(p->type) > 1 ? 2 * COLUMN_UNIT : COLUMN_UNIT;
  size_t parts = chunks_of(columns, part), threads = minimum(kernel_threads(), parts);
  stream_region region = {
      .table = table, .p = p, .columns = columns, .part = part, .next = threads * part};
  kernel_parallel_for(threads, run_stream, &region);
}

void kernel_run_product(const product *p, size_t columns) {
  const kernel_table *table = kernel_active_table();
  if (p->rows == 0 || columns == 0) return;
  size_t work = (p->rows + ROW_COST) * columns * p->depth;
  if (kernel_threads() == 1 || work < KERNEL_SMALL_WORK) {
    table->product(p, 0, columns);
    return;
  }
  if (p->rows <= MOST_STREAMED_ROWS && !p->w_by_depth && !p->x_by_depth && !p->ragged) {
    stream_product(table, p, columns);
    return;
  }
  size_t part = part_size(columns, COLUMN_UNIT, MOST_COLUMNS);
  product_region region = {.table = table, .p = p, .columns = columns, .part = part};
  kernel_parallel_for(chunks_of(columns, part), run_part, &region);
}

void kernel_matmul(float *y, size_t y_stride, const float *x, size_t x_stride, size_t rows,
                   kernel_matrix w, bool accumulate) {
  product p = {
      .y = y,
      .y_stride = y_stride,
      .x = x,
      .x_stride = x_stride,
      .w = w.data,
      .w_stride = kernel_row_size(w.type, w.columns),
      .type = w.type,
      .rows = rows,
      .depth = w.columns,
      .accumulate = accumulate,
  };
  kernel_run_product(&p, w.rows);
}

void kernel_matmul_backward(float *dx, size_t dx_stride, const float *dy, size_t dy_stride,
                            size_t rows, kernel_matrix w, bool accumulate) {
  product p = {
      .y = dx,
      .y_stride = dx_stride,
      .x = dy,
      .x_stride = dy_stride,
      .w = w.data,
      .w_stride = kernel_row_size(w.type, w.columns),
      .type = w.type,
      .w_by_depth = true,
      .rows = rows,
      .depth = w.rows,
      .accumulate = accumulate,
  };
  kernel_run_product(&p, w.columns);
}

void kernel_matmul_weight_backward(float *dw, const float *dy, size_t dy_stride, const float *x,
                                   size_t x_stride, size_t rows, size_t outputs, size_t inputs,
                                   bool accumulate) {
  product p = {
      .y = dw,
      .y_stride = inputs,
      .x = dy,
      .x_stride = dy_stride,
      .x_by_depth = true,
      .w = (const char *)x,
      .w_stride = x_stride * sizeof(float),
      .type = KERNEL_F32,
      .w_by_depth = true,
      .rows = outputs,
      .depth = rows,
      .accumulate = accumulate,
  };
  kernel_run_product(&p, inputs);
}
