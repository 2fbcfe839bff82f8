#!/usr/bin/env python3
"""Writes the built-in model as a GGUF file, for servers of the llama.cpp family.

    python3 make_gguf.py Assets/model built-in.gguf

Needs the packages `gguf` and `numpy`. The weights stay as they are (float16; the gains of the norms
become float32, as llama.cpp wants them). llama.cpp rotates neighbouring elements of a head where
Hugging Face rotates halves, so the rows of the query and key projections change places.
"""

import json
import struct
import sys

import gguf
import numpy as np


def read_safetensors(path):
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = file.read()
    header.pop("__metadata__", None)
    kinds = {"F16": np.float16, "F32": np.float32}
    for name, entry in header.items():
        start, end = entry["data_offsets"]
        values = np.frombuffer(data[start:end], dtype=kinds[entry["dtype"]])
        yield name, values.reshape(entry["shape"])


def interleaved(weights, heads):
    """Rows [head, half, place] become [head, place, half]."""
    rows, columns = weights.shape
    halves = weights.reshape(heads, 2, rows // heads // 2, columns)
    return halves.swapaxes(1, 2).reshape(rows, columns)


def add_settings(writer, config):
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_head_count_kv(config["num_key_value_heads"])
    writer.add_key_length(config["head_dim"])
    writer.add_value_length(config["head_dim"])
    writer.add_rope_dimension_count(config["head_dim"])
    writer.add_rope_freq_base(config["rope_theta"])
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_vocab_size(config["vocab_size"])


def add_tokenizer(writer, tokenizer, config):
    pieces = sorted(tokenizer["model"]["vocab"].items(), key=lambda piece: piece[1])
    assert [number for _, number in pieces] == list(range(config["vocab_size"]))
    special = {token["id"] for token in tokenizer["added_tokens"] if token["special"]}
    kinds = gguf.TokenType
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list([piece for piece, _ in pieces])
    writer.add_token_types(
        [kinds.CONTROL if number in special else kinds.NORMAL for _, number in pieces])
    writer.add_token_merges([" ".join(merge) for merge in tokenizer["model"]["merges"]])
    writer.add_bos_token_id(config["bos_token_id"])
    writer.add_eos_token_id(config["eos_token_id"])
    writer.add_pad_token_id(config["pad_token_id"])
    writer.add_add_bos_token(True)


LAYER_NAMES = {
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
NAMES = {"model.embed_tokens.weight": "token_embd.weight", "model.norm.weight": "output_norm.weight"}


def gguf_name(name):
    if name in NAMES:
        return NAMES[name]
    _, _, layer, rest = name.split(".", 3)
    return f"blk.{layer}.{LAYER_NAMES[rest.removesuffix('.weight')]}.weight"


def main(directory, path):
    config = json.load(open(f"{directory}/config.json"))
    tokenizer = json.load(open(f"{directory}/tokenizer.json"))
    writer = gguf.GGUFWriter(path, "llama")
    add_settings(writer, config)
    add_tokenizer(writer, tokenizer, config)
    for name, weights in read_safetensors(f"{directory}/model.safetensors"):
        if name.endswith(("q_proj.weight", "k_proj.weight")):
            weights = interleaved(weights, config["num_attention_heads"])
        if weights.ndim == 1:
            weights = weights.astype(np.float32)
        writer.add_tensor(gguf_name(name), np.ascontiguousarray(weights))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
