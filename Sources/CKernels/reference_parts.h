// What the files of the reference share.
#pragma once

#include "kernels.h"

double kernel_half_ref(uint16_t bits);

// Weight i of a quantised type, as the float it stands for.
double kernel_block_weight_ref(const void *x, kernel_type type, size_t i);
