"""Makes a Llama of random weights, of a well-known shape and any type, to measure speed and memory with.

    python3 Benchmarks/make_model.py 1.1B Q4_K tiny.gguf     # a GGUF file
    python3 Benchmarks/make_model.py 1.1B BF16 tiny          # a Hugging Face directory
    python3 Benchmarks/make_model.py --list

Weights are normal, of the scale at which activations keep their size, and for one shape the same in every
type and format but for the type's rounding. The tokenizer is the built-in model's, filled up with unused
tokens, so that every command works; answers are noise. Needs numpy. Writes as fast as the disk takes it, and
holds some hundred megabytes whatever the size of the model.
"""

import argparse
import hashlib
import json
import os
import pathlib
import shutil
import struct
import sys

import numpy as np

from block_types import TYPES, encode

ASSETS = pathlib.Path(__file__).resolve().parent.parent / "Assets" / "model"
POOL = 8 << 20  # distinct random values; tensors are made of runs of them
ALIGNMENT = 32
HF_TYPES = {"F32": "float32", "F16": "float16", "BF16": "bfloat16"}
# layers, D, heads, key/value heads, M, vocabulary, context
SHAPES = {
    "tiny": (2, 256, 4, 2, 512, 2048, 512),
    "125M": (12, 768, 12, 12, 2048, 32000, 2048),
    "1.1B": (22, 2048, 32, 4, 5632, 32000, 2048),
    "7B": (32, 4096, 32, 32, 11008, 32000, 4096),
    "33B": (60, 6656, 52, 52, 17920, 32000, 2048),
}


class Shape:
    def __init__(self, name):
        (self.layers, self.width, self.heads, self.kv_heads, self.mlp, self.vocabulary,
         self.context) = SHAPES[name]
        self.name = name
        self.head_width = self.width // self.heads

    def tensors(self):
        """Each tensor as (Hugging Face's name, GGUF's name, shape, standard deviation)."""
        d, m, kv = self.width, self.mlp, self.kv_heads * self.head_width
        quiet = (2 * self.layers) ** -0.5  # what two additions a layer leave as it is
        yield "model.embed_tokens", "token_embd", (self.vocabulary, d), 1
        for layer in range(self.layers):
            own, other = f"model.layers.{layer}.", f"blk.{layer}."
            yield own + "input_layernorm", other + "attn_norm", (d,), None
            yield own + "self_attn.q_proj", other + "attn_q", (d, d), d ** -0.5
            yield own + "self_attn.k_proj", other + "attn_k", (kv, d), d ** -0.5
            yield own + "self_attn.v_proj", other + "attn_v", (kv, d), d ** -0.5
            yield own + "self_attn.o_proj", other + "attn_output", (d, d), quiet * d ** -0.5
            yield own + "post_attention_layernorm", other + "ffn_norm", (d,), None
            yield own + "mlp.gate_proj", other + "ffn_gate", (m, d), d ** -0.5
            yield own + "mlp.up_proj", other + "ffn_up", (m, d), d ** -0.5
            yield own + "mlp.down_proj", other + "ffn_down", (d, m), quiet * m ** -0.5
        yield "model.norm", "output_norm", (d,), None
        yield "lm_head", "output", (self.vocabulary, d), d ** -0.5


class Weights:
    """Rows of encoded random values."""

    def __init__(self, shape, kind, seed):
        self.shape, self.kind, self.seed = shape, kind, seed
        self.values = np.random.default_rng(seed).standard_normal(POOL, np.float32)
        self.encoded = {}
        _, self.elements, self.size, _ = TYPES[kind]

    def row_bytes(self, columns):
        if columns % self.elements:
            sys.exit(f"make_model: {self.kind} needs rows of a multiple of {self.elements} values, not "
                     f"{columns}; choose another type for {self.shape.name}")
        return columns // self.elements * self.size

    def pool(self, deviation):
        if deviation not in self.encoded:
            step = 1 << 20
            self.encoded[deviation] = np.concatenate([
                encode(self.values[at:at + step] * np.float32(deviation), self.kind)
                for at in range(0, POOL, step)])
        return self.encoded[deviation]

    def runs(self, name, shape, deviation, neighbours):
        """The tensor's bytes, some heads of rows at a time; with `neighbours`, the rows of each head in
        the order in which GGUF files of Llamas hold queries and keys."""
        rows, columns = shape
        row_bytes, width = self.row_bytes(columns), self.shape.head_width
        digest = hashlib.sha256(f"{self.seed} {name}".encode()).digest()
        random = np.random.default_rng(int.from_bytes(digest[:8], "little"))
        step = POOL // 2 // columns // width * width
        for first in range(0, rows, step):
            count = min(step, rows - first)
            run = self.run(random, count * columns, deviation, fresh=rows == self.shape.vocabulary)
            run = run.reshape(count, row_bytes)
            if neighbours:
                run = run.reshape(-1, 2, width // 2, row_bytes).swapaxes(1, 2)
            yield np.ascontiguousarray(run)

    def run(self, random, count, deviation, fresh):
        """`count` values. Tokens' rows are drawn afresh: were some the same, so would be their logits."""
        if fresh:
            values = random.standard_normal(count, np.float32)
            return encode(values * np.float32(deviation), self.kind)
        at = int(random.integers((POOL - count) // 256)) * 256 // self.elements
        return self.pool(deviation)[at:at + count // self.elements]


# --- GGUF ------------------------------------------------------------------------------------------

U32, F32, BOOL, STRING, ARRAY, I32 = 4, 6, 7, 8, 9, 5


def text(value):
    data = value.encode()
    return struct.pack("<Q", len(data)) + data


def entry(key, kind, value):
    formats = {U32: "<I", F32: "<f", BOOL: "<?"}
    if kind == STRING:
        payload = text(value)
    elif kind in formats:
        payload = struct.pack(formats[kind], value)
    else:
        element, values = value
        payload = struct.pack("<IQ", element, len(values)) + (
            b"".join(map(text, values)) if element == STRING
            else np.asarray(values, np.int32).tobytes())
    return text(key) + struct.pack("<I", kind) + payload


def tokenizer():
    whole = json.loads((ASSETS / "tokenizer.json").read_text())
    pieces = sorted(whole["model"]["vocab"], key=whole["model"]["vocab"].get)
    merges = [m if isinstance(m, str) else " ".join(m) for m in whole["model"]["merges"]]
    special = {token["content"] for token in whole["added_tokens"]}
    return pieces, merges, special


def metadata(shape, kind):
    pieces, merges, special = tokenizer()
    unused = [f"[unused{index}]" for index in range(len(pieces), shape.vocabulary)]
    kinds = [3 if piece in special else 1 for piece in pieces] + [5] * len(unused)
    return [
        entry("general.architecture", STRING, "llama"),
        entry("general.name", STRING, f"random {shape.name}"),
        entry("general.alignment", U32, ALIGNMENT),
        entry("general.file_type", U32, TYPES[kind][3]),
        entry("llama.block_count", U32, shape.layers),
        entry("llama.context_length", U32, shape.context),
        entry("llama.embedding_length", U32, shape.width),
        entry("llama.feed_forward_length", U32, shape.mlp),
        entry("llama.attention.head_count", U32, shape.heads),
        entry("llama.attention.head_count_kv", U32, shape.kv_heads),
        entry("llama.attention.layer_norm_rms_epsilon", F32, 1e-5),
        entry("llama.rope.dimension_count", U32, shape.head_width),
        entry("llama.rope.freq_base", F32, 10000),
        entry("tokenizer.ggml.model", STRING, "gpt2"),
        entry("tokenizer.ggml.pre", STRING, "gpt-2"),
        entry("tokenizer.ggml.tokens", ARRAY, (STRING, pieces + unused)),
        entry("tokenizer.ggml.token_type", ARRAY, (I32, kinds)),
        entry("tokenizer.ggml.merges", ARRAY, (STRING, merges)),
        entry("tokenizer.ggml.bos_token_id", U32, 0),
        entry("tokenizer.ggml.eos_token_id", U32, 1),
        entry("tokenizer.ggml.add_bos_token", BOOL, True),
    ]


def write_gguf(out, shape, weights):
    tensors, offset = [], 0
    for own, name, dimensions, deviation in shape.tensors():
        kind = weights.kind if deviation else "F32"
        size = 4 * dimensions[0]
        if deviation:
            size = dimensions[0] * weights.row_bytes(dimensions[1])
        described = text(name + ".weight") + struct.pack("<I", len(dimensions)) + struct.pack(
            f"<{len(dimensions)}Q", *reversed(dimensions)) + struct.pack("<IQ", TYPES[kind][0], offset)
        tensors.append((described, own, dimensions, deviation, offset))
        offset += -(-size // ALIGNMENT) * ALIGNMENT
    entries = metadata(shape, weights.kind)
    out.write(b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(entries)))
    out.write(b"".join(entries) + b"".join(tensor[0] for tensor in tensors))
    start = -(-out.tell() // ALIGNMENT) * ALIGNMENT
    for _, own, dimensions, deviation, offset in tensors:
        out.write(bytes(start + offset - out.tell()))
        write_tensor(out, weights, own, dimensions, deviation, "F32", gguf=True)
    out.write(bytes(-out.tell() % ALIGNMENT))


def write_tensor(out, weights, name, dimensions, deviation, norm_type, gguf):
    if deviation is None:
        out.write(encode(np.ones(dimensions, np.float32), norm_type))
        return
    neighbours = gguf and name.endswith(("q_proj", "k_proj"))
    for run in weights.runs(name, dimensions, deviation, neighbours):
        out.write(run)


# --- Hugging Face ----------------------------------------------------------------------------------


def write_safetensors(out, shape, weights):
    header, offset = {"__metadata__": {"format": "pt"}}, 0
    for name, _, dimensions, _ in shape.tensors():
        size = int(np.prod(dimensions)) * weights.size
        header[name + ".weight"] = {
            "dtype": weights.kind, "shape": dimensions, "data_offsets": [offset, offset + size]}
        offset += size
    described = json.dumps(header).encode()
    described += b" " * (-len(described) % 8)
    out.write(struct.pack("<Q", len(described)) + described)
    for name, _, dimensions, deviation in shape.tensors():
        write_tensor(out, weights, name, dimensions, deviation, weights.kind, gguf=False)


def write_directory(directory, shape, weights):
    directory.mkdir(parents=True, exist_ok=True)
    whole(directory / "model.safetensors", lambda out: write_safetensors(out, shape, weights))
    config = {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_act": "silu",
        "hidden_size": shape.width, "intermediate_size": shape.mlp,
        "num_hidden_layers": shape.layers, "num_attention_heads": shape.heads,
        "num_key_value_heads": shape.kv_heads, "head_dim": shape.head_width,
        "vocab_size": shape.vocabulary, "max_position_embeddings": shape.context,
        "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "tie_word_embeddings": False,
        "attention_bias": False, "mlp_bias": False, "bos_token_id": 0, "eos_token_id": 1,
        "torch_dtype": HF_TYPES[weights.kind],
    }
    (directory / "config.json").write_text(json.dumps(config, indent=1) + "\n")
    for file in ("tokenizer.json", "tokenizer_config.json"):
        if (ASSETS / file).exists():
            shutil.copy(ASSETS / file, directory / file)


# --- Command ---------------------------------------------------------------------------------------


def whole(path, write):
    """Leaves no half-written file under the name."""
    part = path.with_name(path.name + ".part")
    try:
        with open(part, "wb", buffering=1 << 20) as out:
            write(out)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shape", choices=SHAPES, nargs="?")
    parser.add_argument("type", type=str.upper, choices=TYPES, nargs="?")
    parser.add_argument("out", type=pathlib.Path, nargs="?", help="NAME.gguf, or a directory")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--list", action="store_true", help="print the shapes and types")
    options = parser.parse_args()
    if options.list:
        for name, numbers in SHAPES.items():
            print(name, *(f"{n} {v}," for n, v in zip(
                ("layers", "D", "heads", "kv heads", "M", "V", "context"), numbers)))
        print("types", *TYPES)
        return
    if options.out is None:
        parser.error("needs a shape, a type and where to write; --list names them")
    shape = Shape(options.shape)
    weights = Weights(shape, options.type, options.seed)
    if options.out.suffix == ".gguf":
        options.out.parent.mkdir(parents=True, exist_ok=True)
        whole(options.out, lambda out: write_gguf(out, shape, weights))
    elif options.type in HF_TYPES:
        write_directory(options.out, shape, weights)
    else:
        parser.error(f"a directory holds {', '.join(HF_TYPES)}, not {options.type}; "
                     "name a .gguf file to write that")


if __name__ == "__main__":
    main()
