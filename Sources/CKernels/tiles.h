// Every height of tile up to TILE_ROWS, as functions and as a table by (width − 1, height − 1).
#pragma once

#include "body_tile.h"

#define TILE_FUNCTION(height, width) \
  static void tile_##height##x##width(const tile *t) { run_tile(t, height, width); }
#define TILE_ENTRY(height, width) tile_##height##x##width,

#define UP_TO_3(make, width) make(1, width) make(2, width) make(3, width)
#define UP_TO_6(make, width) UP_TO_3(make, width) make(4, width) make(5, width) make(6, width)
#define UP_TO_14(make, width)                                                              \
  UP_TO_6(make, width) make(7, width) make(8, width) make(9, width) make(10, width)        \
      make(11, width) make(12, width) make(13, width) make(14, width)

TILE_HEIGHTS(TILE_FUNCTION, 1)
#if TILE_VECTORS == 2
TILE_HEIGHTS(TILE_FUNCTION, 2)
#endif

static void (*const tile_functions[TILE_VECTORS][TILE_ROWS])(const tile *) = {
    {TILE_HEIGHTS(TILE_ENTRY, 1)},
#if TILE_VECTORS == 2
    {TILE_HEIGHTS(TILE_ENTRY, 2)},
#endif
};
