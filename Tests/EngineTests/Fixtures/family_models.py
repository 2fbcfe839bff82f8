"""The tiny models of every family: configurations with odd sizes, and where transformers keeps
their parts. `classic` is what the `config.json` of checkpoints on the hub has, where that differs
from what transformers 5 writes."""

import dataclasses
from dataclasses import dataclass, field

import transformers as t

LLAMA = dict(
    layers="model.layers", output="self_attn.o_proj", attention="self_attn", mlp="mlp",
    norm="model.norm", head="lm_head", embed="model.embed_tokens",
)  # fmt: skip
POST_NORM = LLAMA | dict(attention="post_attention_layernorm", mlp="post_feedforward_layernorm")
GPT2 = dict(
    layers="transformer.h", output="attn.c_proj", attention="attn", mlp="mlp",
    norm="transformer.ln_f", head="lm_head", embed="transformer.wte",
)  # fmt: skip
NEOX = dict(
    layers="gpt_neox.layers", output="attention.dense", attention="attention", mlp="mlp",
    norm="gpt_neox.final_layer_norm", head="lm_head", embed="gpt_neox.embed_in",
)  # fmt: skip


@dataclass
class TinyFamily:
    module: str  # of transformers.models
    config: t.PretrainedConfig
    classic: dict  # keys of config.json that differ from what transformers 5 writes
    dropped: list = field(default_factory=list)  # keys of config.json that classic files lack
    tokens: int = 13
    parts: dict = field(default_factory=lambda: LLAMA)
    gain_offset: float = 0.0
    parallel: bool = False
    seed: int = 0


def rope(kind="default", theta=50.0, **more):
    return {"rope_type": kind, "rope_theta": theta, **more}


def sizes(D, H, G, M, V, L, K=None, context=32, **more):
    result = dict(
        hidden_size=D, num_attention_heads=H, num_key_value_heads=G, intermediate_size=M,
        vocab_size=V, num_hidden_layers=L, max_position_embeddings=context, bos_token_id=0,
        eos_token_id=1, pad_token_id=None,
    )  # fmt: skip
    return result | ({} if K is None else dict(head_dim=K)) | more


def llama(scaling, theta, tokens=13, **more):
    return TinyFamily(
        "llama", t.LlamaConfig(**sizes(**more), rope_parameters=rope(theta=theta) | scaling),
        classic=dict(rope_theta=theta, rope_scaling=classic_scaling(scaling)),
        dropped=["rope_parameters"], tokens=tokens,
    )  # fmt: skip


def classic_scaling(scaling):
    """Before transformers 4.43 the type was called `type`."""
    if scaling["rope_type"] in ("linear", "dynamic"):
        scaling = dict(scaling)
        scaling["type"] = scaling.pop("rope_type")
    return scaling


def families():
    small = dict(D=24, H=4, G=2, M=23, V=31, L=3)
    bands = dict(rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0)
    result = {
        "llama-linear": llama(
            dict(rope_type="linear", factor=4.0), 50.0, D=20, H=5, G=1, K=6, M=23, V=31, L=2
        ),
        "llama-dynamic": llama(
            dict(rope_type="dynamic", factor=2.0), 30.0, D=21, H=3, G=3, K=8, M=19, V=37, L=2,
            context=7, tokens=11,
        ),
        "llama-llama3": llama(
            bands | dict(original_max_position_embeddings=64), 100.0, D=18, H=3, G=1, K=16, M=25,
            V=29, L=2, context=512, attention_bias=True, mlp_bias=True,
        ),
        "llama-yarn": llama(
            dict(rope_type="yarn", factor=4.0, original_max_position_embeddings=64), 100.0, D=27,
            H=3, G=3, K=16, M=21, V=31, L=2, context=256,
        ),
        "mistral": TinyFamily(
            "mistral",
            t.MistralConfig(
                **sizes(D=30, H=6, G=2, K=8, M=37, V=43, L=3), sliding_window=5,
                rope_parameters=rope(theta=1000.0),
            ),
            classic=dict(rope_theta=1000.0), dropped=["rope_parameters"],
        ),
        "qwen2": TinyFamily(
            "qwen2",
            t.Qwen2Config(
                **sizes(**small), use_sliding_window=True, sliding_window=4, max_window_layers=1,
                rope_parameters=rope(theta=200.0),
            ),
            classic=dict(rope_theta=200.0), dropped=["rope_parameters", "layer_types"],
        ),
        "qwen3": TinyFamily(
            "qwen3",
            t.Qwen3Config(
                **sizes(D=18, H=3, G=1, K=10, M=29, V=41, L=3), tie_word_embeddings=True,
                rope_parameters=rope(theta=500.0),
            ),
            classic=dict(rope_theta=500.0, rope_scaling=None, sliding_window=None),
            dropped=["rope_parameters", "layer_types"],
        ),
        "gemma2": TinyFamily(
            "gemma2",
            t.Gemma2Config(
                **sizes(D=20, H=4, G=2, K=6, M=27, V=33, L=4), query_pre_attn_scalar=7,
                sliding_window=5, attn_logit_softcapping=3.0, final_logit_softcapping=5.0,
                rope_parameters=rope(theta=100.0),
            ),
            classic=dict(rope_theta=100.0, hidden_act="gelu_pytorch_tanh"),
            dropped=["rope_parameters", "layer_types"], parts=POST_NORM, gain_offset=1.0,
        ),
        "gemma3_text": TinyFamily(
            "gemma3",
            t.Gemma3TextConfig(
                **sizes(D=21, H=3, G=1, K=8, M=25, V=35, L=4), query_pre_attn_scalar=9,
                sliding_window=4, sliding_window_pattern=3,
                rope_parameters=dict(
                    full_attention=rope("linear", 300.0, factor=8.0),
                    sliding_attention=rope(theta=20.0),
                ),
            ),
            classic=dict(
                rope_theta=300.0, rope_local_base_freq=20.0, sliding_window_pattern=3,
                rope_scaling=dict(rope_type="linear", factor=8.0),
            ),
            dropped=["rope_parameters", "layer_types", "_sliding_window_pattern"],
            parts=POST_NORM, gain_offset=1.0,
        ),
        "phi3": TinyFamily(
            "phi3",
            t.Phi3Config(
                **sizes(D=24, H=3, G=1, M=23, V=39, L=3), sliding_window=6,
                original_max_position_embeddings=8,
                rope_parameters=rope(
                    "longrope", 40.0, short_factor=[1.0, 1.25, 1.5], long_factor=[1.5, 2.0, 3.5],
                    partial_rotary_factor=0.75,
                ),
            ),
            classic=dict(
                rope_theta=40.0, partial_rotary_factor=0.75,
                rope_scaling=dict(
                    type="longrope", short_factor=[1.0, 1.25, 1.5], long_factor=[1.5, 2.0, 3.5]
                ),
            ),
            dropped=["rope_parameters"],
        ),
        "gpt2": TinyFamily(
            "gpt2",
            t.GPT2Config(
                n_embd=24, n_head=3, n_layer=3, n_positions=32, vocab_size=37, bos_token_id=0,
                eos_token_id=1, scale_attn_by_inverse_layer_idx=True,
            ),
            classic={}, dropped=["n_inner"], parts=GPT2,
        ),
        "gpt_neox": TinyFamily(
            "gpt_neox",
            t.GPTNeoXConfig(
                hidden_size=30, num_attention_heads=3, intermediate_size=47, vocab_size=41,
                num_hidden_layers=3, max_position_embeddings=32, bos_token_id=0, eos_token_id=1,
                rope_parameters=rope(theta=60.0, partial_rotary_factor=0.4),
            ),
            classic=dict(rotary_emb_base=60, rotary_pct=0.4),
            dropped=["rope_parameters", "attention_bias"], parts=NEOX, parallel=True,
        ),
        "gpt_neox-sequential": TinyFamily(
            "gpt_neox",
            t.GPTNeoXConfig(
                hidden_size=24, num_attention_heads=3, intermediate_size=33, vocab_size=29,
                num_hidden_layers=2, max_position_embeddings=32, bos_token_id=0, eos_token_id=1,
                use_parallel_residual=False, attention_bias=False,
                rope_parameters=rope(theta=60.0, partial_rotary_factor=0.25),
            ),
            classic=dict(rotary_emb_base=60), dropped=["rope_parameters"], parts=NEOX,
        ),
        "olmo2": TinyFamily(
            "olmo2",
            t.Olmo2Config(**sizes(**small), rope_parameters=rope(theta=400.0)),
            classic=dict(rope_theta=400.0), dropped=["rope_parameters"], parts=POST_NORM,
        ),
    }  # fmt: skip
    return {
        name: dataclasses.replace(family, seed=100 + index)
        for index, (name, family) in enumerate(result.items())
    }
