"""Writes what CheckpointsTests checks against.

Usage: python make_fixtures.py     (needs safetensors == 0.8.0 and numpy; writes beside itself)

`verdicts.json` holds headers, each with the number of data bytes after it and whether the reference
implementation accepts the file. `built-in.json` holds type, shape and sum of every tensor of the
built-in model as `safetensors` and NumPy read it. Running the script again gives the same bytes.
"""

import json
import math
import pathlib
import random
import struct

import safetensors
import safetensors.numpy

HERE = pathlib.Path(__file__).parent
MODEL = HERE.parents[2] / "Assets/model/model.safetensors"


def accepted(header, data_count):
    encoded = header.encode()
    try:
        safetensors.deserialize(struct.pack("<Q", len(encoded)) + encoded + bytes(data_count))
    except safetensors.SafetensorError:
        return False
    return True


def entry(dtype, shape, start, end, more=""):
    shape = ",".join(map(str, shape))
    return f'{{"dtype":"{dtype}","shape":[{shape}],"data_offsets":[{start},{end}]{more}}}'


def single(*args, **kwargs):
    return '{"a":' + entry(*args, **kwargs) + "}"


HUGE = 2**62

CURATED = [
    ("{}", 0), ("{}", 4), ("[]", 0), ("", 0), ("null", 0), ("{", 0), ('{"a"', 0), ('{"a":null}', 0),
    (" {}", 0), ("{}   ", 0), ("{}x", 0), ('{"a":5}', 0), ('{"__metadata__":{"x":"y"}}', 0),
    ('{"__metadata__":{"x":1}}', 0), ('{"__metadata__":[]}', 0), ('{"__metadata__":null}', 0),
    (single("F32", [2], 0, 8), 8), (single("F32", [2], 0, 8), 7), (single("F32", [2], 0, 8), 9),
    (single("F16", [2], 0, 8), 8), (single("BF16", [2, 2], 0, 8), 8), (single("F32", [], 0, 4), 4),
    (single("F32", [2], 0, 7), 7), (single("F32", [2], 4, 12), 12), (single("F32", [1], 4, 0), 4),
    (single("F32", [0, 3], 0, 0), 0), (single("f32", [2], 0, 8), 8), (single("Q4_0", [2], 0, 8), 8),
    (single("I64", [1], 0, 8), 8), (single("BOOL", [8], 0, 8), 8), (single("F4", [3], 0, 1), 1),
    (single("F4", [4], 0, 2), 2), (single("F6_E2M3", [4], 0, 3), 3), (single("C64", [1], 0, 8), 8),
    (single("F32", [-2], 0, 8), 8), (single("F32", ["2.0"], 0, 8), 8),
    (single("F32", ["2e0"], 0, 8), 8), (single("F32", ['"2"'], 0, 8), 8),
    (single("F32", [HUGE, 4], 0, 0), 0), (single("F32", [HUGE, 2], 0, 8), 8),
    (single("F32", [HUGE, 2, 0], 0, 0), 0), (single("F32", [2**31, 2**31, 2**31], 0, 8), 8),
    (single("F32", [2], 0, 2**63), 8), (single("F32", [2], -8, 0), 8),
    (single("F32", [2], 0, 8, ',"more":1'), 8), (single("F32", [2], 0, 8, ',"dtype":"F32"'), 8),
    ('{"a":{"shape":[2],"data_offsets":[0,8]}}', 8), ('{"a":{"dtype":"F32","shape":[2]}}', 8),
    ('{"a":{"dtype":"F32","data_offsets":[0,8]}}', 8),
    ('{"a":{"dtype":"F32","shape":2,"data_offsets":[0,8]}}', 8),
    ('{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4,8]}}', 8),
    ('{"":' + entry("F32", [2], 0, 8) + "}", 8),
]


def several(*entries):
    return "{" + ",".join(f'"t{i}":{e}' for i, e in enumerate(entries)) + "}"


CURATED += [
    (several(entry("F32", [1], 0, 4), entry("F32", [1], 4, 8)), 8),
    (several(entry("F32", [1], 4, 8), entry("F32", [1], 0, 4)), 8),
    (several(entry("F32", [1], 0, 4), entry("F32", [1], 0, 4)), 8),
    (several(entry("F32", [1], 0, 4), entry("F32", [1], 2, 6)), 6),
    (several(entry("F32", [1], 0, 4), entry("F32", [1], 8, 12)), 12),
    (several(entry("BOOL", [3], 0, 3), entry("F32", [1], 3, 7)), 7),
    (several(entry("F32", [1], 0, 4), entry("F32", [0], 4, 4), entry("F32", [1], 4, 8)), 8),
    (several(entry("F32", [1], 0, 4), entry("F32", [0], 0, 0), entry("F32", [1], 4, 8)), 8),
    (several(entry("F32", [1], 0, 4), entry("F32", [0], 2, 2), entry("F32", [1], 4, 8)), 8),
]


def mutated(generator, count):
    """Good headers with one number, one character or the data's length changed."""
    good = several(entry("F32", [2, 3], 0, 24), entry("F16", [5], 24, 34), entry("BF16", [1], 34, 36))
    cases = []
    for _ in range(count):
        header, data_count = list(good), 36
        kind = generator.randrange(4)
        if kind == 0:
            data_count += generator.choice([-36, -1, 1, 4])
        elif kind == 1:
            del header[generator.randrange(len(header))]
        elif kind == 2:
            header[generator.randrange(len(header))] = generator.choice('0123456789{}[],:" .-eF')
        else:
            digits = [i for i, c in enumerate(header) if c.isdigit()]
            header[generator.choice(digits)] = generator.choice("0123456789")
        cases.append(("".join(header), data_count))
    return cases


def write(path, value):
    text = json.dumps(value, separators=(",", ":"))
    (HERE / path).write_text(text + "\n", encoding="utf-8")


def main():
    cases = CURATED + mutated(random.Random(1), 150)
    write("verdicts.json", [
        {"header": header, "dataCount": data_count, "accepted": accepted(header, data_count)}
        for header, data_count in cases
    ])
    tensors = safetensors.numpy.load_file(MODEL)
    types = {"float16": "F16", "float32": "F32"}
    write("built-in.json", {
        name: {
            "type": types[str(values.dtype)], "shape": list(values.shape),
            "first": float(values.flat[0]), "last": float(values.flat[-1]),
            "sum": math.fsum(map(float, values.flat)),
        }
        for name, values in sorted(tensors.items())
    })


if __name__ == "__main__":
    main()
