"""Writes models/gguf/quantised/TYPE.gguf: one small Llama model, quantised by llama.cpp itself.

Rows of wo and ffn_down are too short for blocks of 256, so that llama.cpp gives these another type, as
in real files.

    python make_quantised.py      # numpy, gguf 0.19.0, llama-cpp-python 0.3.36
"""

import ctypes
import pathlib

import gguf
import llama_cpp
import numpy as np

TARGET = pathlib.Path(__file__).parent / "models" / "gguf" / "quantised"
D, M, K, H, V, LAYERS = 256, 32, 16, 2, 40, 1
TYPES = {
    "Q4_0": "Q4_0", "Q4_1": "Q4_1", "Q5_0": "Q5_0", "Q5_1": "Q5_1", "Q8_0": "Q8_0",
    "Q2_K": "Q2_K", "Q3_K": "Q3_K_S", "Q4_K": "Q4_K_S", "Q5_K": "Q5_K_S", "Q6_K": "Q6_K",
    "IQ4_NL": "IQ4_NL", "IQ4_XS": "IQ4_XS",
}


def write_plain(path):
    random = np.random.default_rng(7)
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_block_count(LAYERS)
    writer.add_embedding_length(D)
    writer.add_feed_forward_length(M)
    writer.add_context_length(64)
    writer.add_head_count(H)
    writer.add_head_count_kv(1)
    writer.add_key_length(K)
    writer.add_value_length(K)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(K)
    writer.add_vocab_size(V)
    writer.add_tokenizer_model("no_vocab")

    def add(name, *shape, gain=1.0):
        scale = gain / np.sqrt(shape[-1])
        writer.add_tensor(name, (scale * random.standard_normal(shape)).astype(np.float32))

    add("token_embd.weight", V, D, gain=16)
    add("output.weight", V, D, gain=3)
    writer.add_tensor("output_norm.weight", np.ones(D, np.float32))
    for layer in range(LAYERS):
        for norm in ("attn_norm", "ffn_norm"):
            writer.add_tensor(f"blk.{layer}.{norm}.weight", np.ones(D, np.float32))
        add(f"blk.{layer}.attn_q.weight", H * K, D, gain=2)
        add(f"blk.{layer}.attn_k.weight", K, D, gain=2)
        add(f"blk.{layer}.attn_v.weight", K, D)
        add(f"blk.{layer}.attn_output.weight", D, H * K)
        add(f"blk.{layer}.ffn_gate.weight", M, D)
        add(f"blk.{layer}.ffn_up.weight", M, D)
        add(f"blk.{layer}.ffn_down.weight", D, M)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def quantise(source, target, kind):
    params = llama_cpp.llama_model_quantize_default_params()
    params.ftype = getattr(llama_cpp, f"LLAMA_FTYPE_MOSTLY_{kind}")
    params.nthread = 1
    status = llama_cpp.llama_model_quantize(
        str(source).encode(), str(target).encode(), ctypes.byref(params))
    if status != 0:
        raise SystemExit(f"{target}: llama.cpp could not quantise")


TARGET.mkdir(parents=True, exist_ok=True)
plain = TARGET / "plain.gguf"
write_plain(plain)
for name, kind in TYPES.items():
    quantise(plain, TARGET / f"{name}.gguf", kind)
plain.unlink()
