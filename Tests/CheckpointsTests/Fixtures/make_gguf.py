"""Writes sample.gguf and what the gguf package's own reader says of it.

Usage: python make_gguf.py      (needs gguf == 0.19.0; writes beside itself)
"""

import json
import pathlib

import gguf
import numpy

HERE = pathlib.Path(__file__).parent
PATH = HERE / "sample.gguf"


def write():
    writer = gguf.GGUFWriter(str(PATH), "llama")
    writer.add_uint8("kinds.uint8", 200)
    writer.add_int8("kinds.int8", -100)
    writer.add_uint16("kinds.uint16", 60_000)
    writer.add_int16("kinds.int16", -30_000)
    writer.add_int32("kinds.int32", -2_000_000_000)
    writer.add_float32("kinds.float32", -3.140625)
    writer.add_bool("kinds.bool", True)
    writer.add_string("kinds.string", "naïve ▁ 犬")
    writer.add_uint64("kinds.uint64", 1 << 40)
    writer.add_int64("kinds.int64", -(1 << 40))
    writer.add_float64("kinds.float64", 0.1)
    writer.add_array("kinds.strings", ["a", "", "ß", "dog " * 20])
    writer.add_array("kinds.integers", [3, -1, 7])
    writer.add_array("kinds.numbers", [0.5, -2.25])
    writer.add_custom_alignment(64)
    generator = numpy.random.default_rng(5)
    values = generator.standard_normal((3, 64), dtype=numpy.float32)
    writer.add_tensor("f32", values)
    writer.add_tensor("f16", values[:2, :5].astype(numpy.float16))
    for name in ("Q8_0", "Q4_0", "BF16"):
        kind = gguf.GGMLQuantizationType[name]
        writer.add_tensor(name, gguf.quants.quantize(values, kind), raw_dtype=kind)
    writer.add_tensor("i8", numpy.arange(7, dtype=numpy.int8))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def main():
    write()
    reader = gguf.GGUFReader(str(PATH))
    values = {name: field.contents() for name, field in reader.fields.items()
              if not name.startswith("GGUF.")}
    tensors = [
        {"name": t.name, "type": t.tensor_type.name, "shape": [int(n) for n in reversed(t.shape)],
         "offset": int(t.data_offset), "byteCount": int(t.n_bytes),
         "byteSum": int(t.data.view(numpy.uint8).astype(int).sum())}
        for t in reader.tensors
    ]
    text = json.dumps({"values": values, "tensors": tensors}, ensure_ascii=False, indent=1)
    (HERE / "sample.json").write_text(text + "\n", encoding="utf-8")
    sizes = {kind.name: [int(kind), *size] for kind, size in gguf.GGML_QUANT_SIZES.items()}
    (HERE / "types.json").write_text(json.dumps(sizes) + "\n")


if __name__ == "__main__":
    main()
