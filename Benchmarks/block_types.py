"""Encodes arrays of float32 as the tensor types of GGUF files, block by block, with numpy alone.

Values are rounded to the nearest that the type can hold, with the plain choice of scales: files are valid
and near, not the best that a quantiser can do. Layouts are those of ggml's `ggml-common.h`.
"""

import numpy as np

# name: (number in the file, elements a block, bytes a block, `general.file_type`)
TYPES = {
    "F32": (0, 1, 4, 0), "F16": (1, 1, 2, 1), "BF16": (30, 1, 2, 32),
    "Q4_0": (2, 32, 18, 2), "Q4_1": (3, 32, 20, 3), "Q5_0": (6, 32, 22, 8), "Q5_1": (7, 32, 24, 9),
    "Q8_0": (8, 32, 34, 7), "IQ4_NL": (20, 32, 18, 25), "Q2_K": (10, 256, 84, 10),
    "Q3_K": (11, 256, 110, 11), "Q4_K": (12, 256, 144, 14), "Q5_K": (13, 256, 176, 16),
    "Q6_K": (14, 256, 210, 18), "IQ4_XS": (23, 256, 136, 30),
}
IQ4_VALUES = np.array(
    [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113], np.float32)


def encode(values, name):
    """`[N]` float32, N a multiple of the block, as `[blocks, bytes a block]`."""
    _, elements, size, _ = TYPES[name]
    blocks = values.reshape(-1, elements)
    out = ENCODERS[name](blocks)
    assert out.shape == (len(blocks), size), (name, out.shape)
    return out


def half(values):
    """Rounded to float16: the bytes, and the values as read back, both `[blocks, …]`."""
    stored = np.ascontiguousarray(values.astype(np.float16))
    return stored.view(np.uint8).reshape(len(stored), -1), stored.astype(np.float32)


def divide(x, d):
    """x / d, 0 where d is 0."""
    return np.divide(x, d, out=np.zeros_like(x), where=d != 0)


def levels(x, low, high):
    return np.clip(np.rint(x), low, high).astype(np.int32)


def join(*parts):
    return np.concatenate([np.asarray(part).astype(np.uint8) for part in parts], axis=1)


def bfloat(x):
    bits = x.view(np.uint32)
    rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16
    return rounded.astype(np.uint16).view(np.uint8).reshape(-1, 2)


def extreme(x):
    """The value of largest magnitude with its sign, `[…, 1]`."""
    at = np.abs(x).argmax(axis=-1, keepdims=True)
    return np.take_along_axis(x, at, axis=-1)


def nibbles(q):
    """Of each 32 levels, the first 16 in the low and the last 16 in the high half."""
    return q[..., :16] & 15 | (q[..., 16:] & 15) << 4


def fifth_bits(q):
    return np.packbits(((q >> 4) & 1).astype(np.uint8), axis=1, bitorder="little")


def q8_0(x):
    stored, d = half(np.abs(x).max(axis=1, keepdims=True) / 127)
    return join(stored, levels(divide(x, d), -127, 127).astype(np.int8).view(np.uint8))


def centred(bits):
    def encoder(x):
        stored, d = half(extreme(x) / -(1 << bits - 1))
        q = levels(divide(x, d) + (1 << bits - 1), 0, (1 << bits) - 1)
        return join(stored, *([fifth_bits(q)] if bits == 5 else []), nibbles(q))
    return encoder


def from_minimum(bits):
    def encoder(x):
        low = x.min(axis=1, keepdims=True)
        stored, d = half((x.max(axis=1, keepdims=True) - low) / ((1 << bits) - 1))
        stored_low, low = half(low)
        q = levels(divide(x - low, d), 0, (1 << bits) - 1)
        return join(stored, stored_low, *([fifth_bits(q)] if bits == 5 else []), nibbles(q))
    return encoder


def nearest_iq4(x):
    edges = (IQ4_VALUES[1:] + IQ4_VALUES[:-1]) / 2
    return np.searchsorted(edges, x).astype(np.int32)


def iq4_nl(x):
    stored, d = half(extreme(x) / -127)
    return join(stored, nibbles(nearest_iq4(divide(x, d))))


def iq4_xs(x):
    sub = x.reshape(-1, 8, 32)
    scale = extreme(sub)[..., 0] / -127
    stored, d = half(extreme(scale) / -32)
    s = levels(divide(scale, d) + 32, 0, 63)
    q = nearest_iq4(divide(sub, (d * (s - 32))[..., None]))
    high = (s >> 4 << 2 * np.arange(8)).sum(axis=1).astype(np.uint16)
    return join(
        stored, high.view(np.uint8).reshape(-1, 2), s[:, ::2] & 15 | (s[:, 1::2] & 15) << 4,
        nibbles(q).reshape(-1, 128))


def scales_and_minima(sub, top, limit):
    """Of blocks `[N, S, n]`: d and dmin as stored, scales and minima up to `limit`, levels up to `top`."""
    low = np.minimum(sub.min(axis=2), 0)
    scale = (np.maximum(sub.max(axis=2), low) - low) / top
    stored, d = half(scale.max(axis=1, keepdims=True) / limit)
    stored_min, dmin = half(-low.min(axis=1, keepdims=True) / limit)
    s, m = levels(divide(scale, d), 0, limit), levels(divide(-low, dmin), 0, limit)
    q = levels(divide(sub + (dmin * m)[..., None], (d * s)[..., None]), 0, top)
    return stored, stored_min, s, m, q


def six_bit_pairs(s, m):
    first = s[:, :4] | s[:, 4:] >> 4 << 6, m[:, :4] | m[:, 4:] >> 4 << 6
    return join(*first, s[:, 4:] & 15 | (m[:, 4:] & 15) << 4)


def q4_k(x):
    stored, stored_min, s, m, q = scales_and_minima(x.reshape(-1, 8, 32), 15, 63)
    return join(stored, stored_min, six_bit_pairs(s, m), (q[:, ::2] | q[:, 1::2] << 4).reshape(-1, 128))


def q5_k(x):
    stored, stored_min, s, m, q = scales_and_minima(x.reshape(-1, 8, 32), 31, 63)
    high = (q >> 4 << np.arange(8)[:, None]).sum(axis=1)
    low = q & 15
    return join(
        stored, stored_min, six_bit_pairs(s, m), high,
        (low[:, ::2] | low[:, 1::2] << 4).reshape(-1, 128))


def two_bits(q):
    """`[N, 256]` levels up to 3: of each 128, four groups of 32 share 32 bytes."""
    return (q.reshape(-1, 2, 4, 32) << 2 * np.arange(4)[:, None]).sum(axis=2).reshape(-1, 64)


def q2_k(x):
    stored, stored_min, s, m, q = scales_and_minima(x.reshape(-1, 16, 16), 3, 15)
    return join(s | m << 4, two_bits(q.reshape(-1, 256)), stored, stored_min)


def q3_k(x):
    sub = x.reshape(-1, 16, 16)
    scale = extreme(sub)[..., 0] / -4
    stored, d = half(extreme(scale) / -32)
    s = levels(divide(scale, d) + 32, 0, 63)
    q = levels(divide(sub, (d * (s - 32))[..., None]) + 4, 0, 7).reshape(-1, 256)
    mask = (q.reshape(-1, 8, 32) >> 2 << np.arange(8)[:, None]).sum(axis=1)
    high = (s.reshape(-1, 4, 4) >> 4 << 2 * np.arange(4)[:, None]).sum(axis=1)
    return join(mask, two_bits(q & 3), s[:, :8] & 15 | (s[:, 8:] & 15) << 4, high, stored)


def q6_k(x):
    sub = x.reshape(-1, 16, 16)
    scale = extreme(sub)[..., 0] / -32
    stored, d = half(extreme(scale) / -128)
    s = levels(divide(scale, d), -128, 127)
    q = (levels(divide(sub, (d * s)[..., None]), -32, 31) + 32).reshape(-1, 2, 4, 32)
    low, high = q & 15, q >> 4
    ql = (low[:, :, :2] | low[:, :, 2:] << 4).reshape(-1, 128)
    qh = (high << 2 * np.arange(4)[:, None]).sum(axis=2).reshape(-1, 64)
    return join(ql, qh, s.astype(np.int8).view(np.uint8), stored)


ENCODERS = {
    "F32": lambda x: x.view(np.uint8).reshape(-1, 4),
    "F16": lambda x: x.astype(np.float16).view(np.uint8).reshape(-1, 2),
    "BF16": bfloat, "Q8_0": q8_0, "Q4_0": centred(4), "Q4_1": from_minimum(4), "Q5_0": centred(5),
    "Q5_1": from_minimum(5), "IQ4_NL": iq4_nl, "IQ4_XS": iq4_xs, "Q2_K": q2_k, "Q3_K": q3_k,
    "Q4_K": q4_k, "Q5_K": q5_k, "Q6_K": q6_k,
}
