"""Writes quantised blocks and the floats that the gguf package makes of them.

<type>.blocks   blocks, as they lie in a file: the first ones plain, the rest with every field random
<type>.floats   their weights, float32
digests.txt     for each type a digest of the weights of one block for every finite half-float scale;
                the blocks come from a generator that the tests repeat
"""

from pathlib import Path

import numpy as np
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType
from gguf.quants import dequantize

FOLDER = Path(__file__).parent

# Where the half floats of a block lie: scale, then minimum.
HALVES = {
    "Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q8_0": [0], "IQ4_NL": [0],
    "Q2_K": [80, 82], "Q3_K": [108], "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208], "IQ4_XS": [0],
}

# 0, -0, subnormal, smallest normal, 1, -1.5, largest, infinity.
SPECIAL = [0x0000, 0x8000, 0x0001, 0x83FF, 0x0400, 0x3C00, 0xBE00, 0x7BFF, 0xFBFF, 0x7C00, 0xFC00]


def splitmix(seed, count):
    """SplitMix64 (Steele, Lea & Flood 2014): numbers 1 … count after `seed`."""
    z = np.uint64(seed) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def random_bytes(seed, count):
    return splitmix(seed, (count + 7) // 8).view(np.uint8)[:count].copy()



def weights(blocks, name):
    with np.errstate(all="ignore"):
        return dequantize(blocks.reshape(-1), GGMLQuantizationType[name]).reshape(-1)


def write_sample(name, width, size):
    count = 600 // (width // 16)
    blocks = random_bytes(width + size, count * size).reshape(count, size)
    halves = random_bytes(size, 4 * count).view("<u2").reshape(2, count)
    for place, values in zip(HALVES[name], halves):
        values = np.where((values & 0x7C00) == 0x7C00, values & 0xFC00, values)  # no NaN
        values[: len(SPECIAL)] = SPECIAL if place == HALVES[name][0] else SPECIAL[::-1]
        blocks[:, place : place + 2] = values.astype("<u2").view(np.uint8).reshape(-1, 2)
    blocks.tofile(FOLDER / f"{name.lower()}.blocks")
    floats = weights(blocks, name)
    assert floats.dtype == np.float32 and floats.size == count * width
    floats.tofile(FOLDER / f"{name.lower()}.floats")


def digest(name, size):
    """A sum, modulo 2^64, of the scrambled bits of every weight and its index."""
    scales = np.arange(65536, dtype=np.uint16)
    scales = scales[(scales & 0x7C00) != 0x7C00]
    blocks = random_bytes(7, len(scales) * size).reshape(len(scales), size)
    for place in HALVES[name]:
        blocks[:, place : place + 2] = (scales if place == HALVES[name][0] else scales[::-1]) \
            .astype("<u2").view(np.uint8).reshape(-1, 2)
    bits = weights(blocks, name).view(np.uint32).astype(np.uint64)
    z = (bits + (np.arange(bits.size, dtype=np.uint64) << np.uint64(32))) \
        * np.uint64(0x9E3779B97F4A7C15)
    return int(np.sum((z ^ (z >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9), dtype=np.uint64))


if __name__ == "__main__":
    lines = []
    for name in HALVES:
        width, size = GGML_QUANT_SIZES[GGMLQuantizationType[name]]
        write_sample(name, width, size)
        lines.append(f"{name.lower()} {width} {size} {digest(name, size):016x}\n")
    (FOLDER / "digests.txt").write_text("".join(lines))
