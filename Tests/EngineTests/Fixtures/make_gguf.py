"""Writes models/gguf/NAME.gguf: the tiny models of the other folders, as llama.cpp's converter stores
them, and beside each the config.json that says the same.

Tensor names come from the gguf package's own table. What else the converter does is done here: rows
of Llama's queries and keys reordered so that neighbours turn together, Gemma's gains stored whole,
GPT-2's matrices turned, GPT-NeoX's fused projections taken apart. Where metadata cannot say what a
config says (Gemma's query_pre_attn_scalar, other patterns of windows, GPT-2's scores divided by layer),
the written config has the value that the metadata implies.

    python make_gguf.py      # numpy, gguf 0.19.0
"""

import json
import pathlib
import re

import gguf
import numpy as np

HERE = pathlib.Path(__file__).parent / "models"
ARCHES = {
    "llama": gguf.MODEL_ARCH.LLAMA, "qwen2": gguf.MODEL_ARCH.QWEN2, "qwen3": gguf.MODEL_ARCH.QWEN3,
    "gemma2": gguf.MODEL_ARCH.GEMMA2, "gemma3_text": gguf.MODEL_ARCH.GEMMA3,
    "phi3": gguf.MODEL_ARCH.PHI3, "gpt2": gguf.MODEL_ARCH.GPT2,
    "gpt_neox": gguf.MODEL_ARCH.GPTNEOX, "olmo2": gguf.MODEL_ARCH.OLMO2,
}
NAMES = [
    "multihead", "grouped", "llama-linear", "llama-llama3", "llama-yarn", "qwen2", "qwen3", "gemma2",
    "gemma3_text", "phi3", "gpt2", "gpt_neox", "gpt_neox-sequential", "olmo2",
]


def read_safetensors(path):
    data = path.read_bytes()
    size = int.from_bytes(data[:8], "little")
    for name, entry in json.loads(data[8:8 + size]).items():
        if name == "__metadata__":
            continue
        start, end = entry["data_offsets"]
        raw = data[8 + size + start:8 + size + end]
        if entry["dtype"] == "BF16":
            values = (np.frombuffer(raw, np.uint16).astype(np.uint32) << 16).view(np.float32)
        else:
            values = np.frombuffer(raw, {"F32": np.float32, "F16": np.float16}[entry["dtype"]])
        yield name, values.astype(np.float32).reshape(entry["shape"])


def neighbours(w, heads):
    """Rows (i, i + K/2) of each head become rows (2i, 2i + 1)."""
    shape = (heads, 2, w.shape[0] // heads // 2, *w.shape[1:])
    return w.reshape(shape).swapaxes(1, 2).reshape(w.shape)


def converted(config, name, w):
    kind = config["model_type"]
    if kind == "llama":
        if ".q_proj." in name:
            return neighbours(w, config["num_attention_heads"])
        if ".k_proj." in name:
            return neighbours(w, config["num_key_value_heads"])
    if kind.startswith("gemma") and name.endswith("norm.weight"):
        return w + 1
    if kind == "gpt2" and re.search(r"(c_attn|c_proj|c_fc)\.weight$", name):
        return w.T
    if kind == "gpt_neox" and ".query_key_value." in name:
        heads = config["num_attention_heads"]
        parts = w.reshape(heads, 3, w.shape[0] // heads // 3, *w.shape[1:])
        return parts.swapaxes(0, 1).reshape(w.shape)
    return w


def say(config):
    """The config as far as metadata can say it."""
    kind, config = config["model_type"], dict(config)
    width = config.get("head_dim")
    if kind.startswith("gemma"):
        config["query_pre_attn_scalar"] = width
    if kind == "gemma3_text":
        config["sliding_window_pattern"] = 6
    if kind == "gpt2":
        config["scale_attn_by_inverse_layer_idx"] = False
    if kind == "qwen2":
        config["use_sliding_window"] = False
    return config


def write_metadata(writer, config):
    kind = config["model_type"]
    heads = config.get("num_attention_heads", config.get("n_head"))
    dim = config.get("hidden_size", config.get("n_embd"))
    width = config.get("head_dim", dim // heads)
    writer.add_block_count(config.get("num_hidden_layers", config.get("n_layer")))
    writer.add_embedding_length(dim)
    writer.add_feed_forward_length(config.get("intermediate_size", 4 * dim))
    writer.add_context_length(config.get("max_position_embeddings", config.get("n_positions")))
    writer.add_head_count(heads)
    if "num_key_value_heads" in config:
        writer.add_head_count_kv(config["num_key_value_heads"])
    if "head_dim" in config:
        writer.add_key_length(width)
        writer.add_value_length(width)
    if kind == "gpt2":
        writer.add_layer_norm_eps(config["layer_norm_epsilon"])
        return
    if kind == "gpt_neox":
        writer.add_layer_norm_eps(config["layer_norm_eps"])
        writer.add_rope_dimension_count(int(width * config.get("rotary_pct", 0.25)))
        writer.add_rope_freq_base(config.get("rotary_emb_base", 10000))
        writer.add_parallel_residual(config["use_parallel_residual"])
        return
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    nested = config.get("rope_parameters") or {}
    writer.add_rope_freq_base(config.get("rope_theta", nested.get("rope_theta")))
    writer.add_rope_dimension_count(int(width * config.get("partial_rotary_factor", 1)))
    if kind in ("gemma2", "gemma3_text", "phi3"):
        writer.add_sliding_window(config["sliding_window"])
    if kind == "gemma2":
        writer.add_attn_logit_softcapping(config["attn_logit_softcapping"])
        writer.add_final_logit_softcapping(config["final_logit_softcapping"])
    if kind == "gemma3_text":
        writer.add_rope_freq_base_swa(config["rope_local_base_freq"])
    write_scaling(writer, config, int(width * config.get("partial_rotary_factor", 1)))


def write_scaling(writer, config, width):
    scaling = config.get("rope_scaling") or {}
    kind = scaling.get("rope_type", scaling.get("type"))
    if kind == "linear":
        writer.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(scaling["factor"])
    if kind == "yarn":
        writer.add_rope_scaling_type(gguf.RopeScalingType.YARN)
        writer.add_rope_scaling_factor(scaling["factor"])
        writer.add_rope_scaling_orig_ctx_len(scaling["original_max_position_embeddings"])
    if kind == "llama3":
        low, high = scaling["low_freq_factor"], scaling["high_freq_factor"]
        length = scaling["original_max_position_embeddings"]
        frequencies = config["rope_theta"] ** -(np.arange(0, width, 2, dtype=np.float32) / width)
        waves = 2 * np.pi / frequencies
        smooth = (length / waves - low) / (high - low)
        between = 1 / ((1 - smooth) / scaling["factor"] + smooth)
        factors = np.where(
            waves < length / high, 1, np.where(waves > length / low, scaling["factor"], between))
        writer.add_tensor("rope_freqs.weight", factors.astype(np.float32))
    if kind == "longrope":
        original = config["original_max_position_embeddings"]
        factor = config["max_position_embeddings"] / original
        writer.add_rope_scaling_orig_ctx_len(original)
        writer.add_rope_scaling_attn_factors(float(np.sqrt(1 + np.log(factor) / np.log(original))))
        for length in ("long", "short"):
            factors = np.array(scaling[length + "_factor"], np.float32)
            writer.add_tensor(f"rope_factors_{length}.weight", factors)


def write(name):
    source = HERE / name
    config = json.loads((source / "config.json").read_text())
    arch = ARCHES[config["model_type"]]
    layers = config.get("num_hidden_layers", config.get("n_layer"))
    table = gguf.get_tensor_name_map(arch, layers)
    target = HERE / "gguf"
    target.mkdir(exist_ok=True)
    writer = gguf.GGUFWriter(target / f"{name}.gguf", gguf.MODEL_ARCH_NAMES[arch])
    write_metadata(writer, config)
    for own, w in sorted(read_safetensors(source / "model.safetensors")):
        other = table.get_name(own, try_suffixes=(".weight", ".bias"))
        if other is None:
            raise SystemExit(f"{name}: gguf has no name for {own}")
        w = np.ascontiguousarray(converted(config, own, w))
        small = w.ndim == 2 and np.array_equal(w, w.astype(np.float16).astype(np.float32))
        writer.add_tensor(other, w.astype(np.float16) if small else w)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    (target / f"{name}.json").write_text(json.dumps(say(config), indent=2) + "\n")


for name in NAMES:
    write(name)
