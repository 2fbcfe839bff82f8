// Products with a part of a stored matrix: some of its rows or columns, transposed or in groups.
#include "parallel.h"
#include "table.h"

static size_t rows_in_group(const kernel_view *w) {
  return w->group_rows > 0 ? w->group_rows : w->rows;
}

static size_t groups_of(const kernel_view *w) {
  return w->rows == 0 ? 0 : chunks_of(w->rows, rows_in_group(w));
}

static const char *group_at(const kernel_view *w, size_t group) {
  return (const char *)w->data + group * w->group_bytes;
}

typedef struct {
  const kernel_table *table;
  const kernel_view *w;
  product p;  // of the first group
} group_region;

static void run_group(void *context, size_t group) {
  const group_region *r = context;
  product p = r->p;
  size_t columns = rows_in_group(r->w);
  p.w = group_at(r->w, group);
  p.y += group * columns;
  r->table->product(&p, 0, columns);
}

// Every output column belongs to one group.
static void groups_as_columns(const kernel_view *w, const product *first) {
  size_t groups = groups_of(w);
  if (groups <= 1) {
    kernel_run_product(first, w->rows);
    return;
  }
  group_region region = {.table = kernel_active_table(), .w = w, .p = *first};
  if (first->rows * w->rows * w->columns < KERNEL_SMALL_WORK) {
    for (size_t group = 0; group < groups; group++) run_group(&region, group);
  } else {
    kernel_parallel_for(groups, run_group, &region);
  }
}

// The groups follow one another in every output's chain.
static void groups_as_depth(const kernel_view *w, const product *first) {
  product p = *first;
  if (w->rows == 0) p.depth = 0;
  kernel_run_product(&p, w->columns);
  for (size_t group = 1; group < groups_of(w); group++) {
    p.w = group_at(w, group);
    p.x = first->x + group * rows_in_group(w);
    p.accumulate = true;
    kernel_run_product(&p, w->columns);
  }
}

static product product_of(float *y, size_t y_stride, const float *x, size_t x_stride, size_t rows,
                          const kernel_view *w, bool by_rows, bool accumulate) {
  return (product){
      .y = y,
      .y_stride = y_stride,
      .x = x,
      .x_stride = x_stride,
      .w = w->data,
      .w_stride = w->row_bytes,
      .type = w->type,
      .w_by_depth = by_rows,
      .rows = rows,
      .depth = by_rows ? rows_in_group(w) : w->columns,
      .accumulate = accumulate,
  };
}

void kernel_view_matmul(float *y, size_t y_stride, const float *x, size_t x_stride, size_t rows,
                        kernel_view w, bool accumulate) {
  product p = product_of(y, y_stride, x, x_stride, rows, &w, w.transposed, accumulate);
  if (w.transposed) {
    groups_as_depth(&w, &p);
  } else {
    groups_as_columns(&w, &p);
  }
}

void kernel_view_matmul_backward(float *dx, size_t dx_stride, const float *dy, size_t dy_stride,
                                 size_t rows, kernel_view w, bool accumulate) {
  product p = product_of(dx, dx_stride, dy, dy_stride, rows, &w, !w.transposed, accumulate);
  if (w.transposed) {
    groups_as_columns(&w, &p);
  } else {
    groups_as_depth(&w, &p);
  }
}
