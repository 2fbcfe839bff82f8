"""Runs transformers' own models in double precision, and keeps every activation of the run as a
node of the autograd graph. Shapes as in tiny_llama.py."""

import contextlib
import importlib

import torch
from transformers import AutoModelForCausalLM, modeling_rope_utils

from tiny_llama import Run


@contextlib.contextmanager
def double_precision(module):
    """Lifts the casts to float32 in transformers' norms, softmax and rotary angles."""

    class Double:
        float32 = float = torch.float64

        def __getattr__(self, name):
            return getattr(torch, name)

    modules = [importlib.import_module(f"transformers.models.{module}.modeling_{module}")]
    modules.append(modeling_rope_utils)
    to_float, torch.Tensor.float = torch.Tensor.float, torch.Tensor.double
    for each in modules:
        each.torch = Double()
    torch.set_default_dtype(torch.float64)
    try:
        yield modules[0]
    finally:
        torch.Tensor.float = to_float
        for each in modules:
            each.torch = torch
        torch.set_default_dtype(torch.float32)


def build(config, state, dtype):
    hf = AutoModelForCausalLM.from_config(config, attn_implementation="eager", dtype=dtype)
    state = {n.replace("embed_out", "lm_head"): x.to(dtype) for n, x in state.items()}
    loaded = hf.load_state_dict(state, strict=False)
    assert not loaded.unexpected_keys, loaded
    hf.tie_weights()
    return hf.eval()


class Runner:
    """A model whose runs can be read and edited. `modeling` is the module it is written in."""

    def __init__(self, hf, family, modeling):
        self.hf, self.family, self.modeling = hf, family, modeling
        parts = family.parts
        self.layers = hf.get_submodule(parts["layers"])
        self.norm = hf.get_submodule(parts["norm"])
        self.heads = hf.config.num_attention_heads

    def embed(self, tokens):
        embed = self.hf.get_submodule(self.family.parts["embed"])
        return embed(torch.tensor([tokens])).detach()[0]

    def run(self, embeddings, edits={}):
        """`edits` as in TinyLlama.run."""
        run = Run()
        run.embeddings = embeddings.requires_grad_(True)
        handles, inner = [], self.modeling.eager_attention_forward

        def attend(module, query, key, value, *arguments, **more):
            output, pattern = inner(module, query, key, value, *arguments, **more)
            for name, x in (("q", query), ("k", key), ("v", value)):
                getattr(run, name).append(x[0].transpose(0, 1))
            run.pattern.append(pattern)
            key = "pattern", len(run.pattern) - 1
            if key not in edits:
                return output, pattern
            run.pattern[-1] = edits[key](pattern[0], run)
            values = value[0].repeat_interleave(self.heads // value.shape[1], 0)
            output = torch.einsum("hts,hsk->thk", run.pattern[-1], values)[None]
            return output, run.pattern[-1][None]

        self.modeling.eager_attention_forward = attend
        for index, layer in enumerate(self.layers):
            handles += self.hooks(layer, index, run, edits)
        handles.append(self.norm.register_forward_pre_hook(
            lambda module, inputs: setattr(run, "resid_final", inputs[0][0])
        ))  # fmt: skip
        try:
            run.logits = self.hf(inputs_embeds=run.embeddings[None], use_cache=False).logits[0]
        finally:
            self.modeling.eager_attention_forward = inner
            for handle in handles:
                handle.remove()
        if not self.family.parallel:
            run.resid_mid = [x + y for x, y in zip(run.resid_pre, run.attention_output)]
        return run

    def hooks(self, layer, index, run, edits):
        run.attention_output = []
        edit = lambda site, x: edits[site, index](x, run) if (site, index) in edits else x

        def on_block(module, inputs):
            run.resid_pre.append(edit("resid_pre", inputs[0][0] * 1))
            return (run.resid_pre[-1][None], *inputs[1:])

        def on_heads(module, inputs):
            z = inputs[0][0]
            run.z.append(edit("z", z.reshape(len(z), self.heads, -1)))
            return (run.z[-1].reshape(z.shape)[None],)

        def on_attention(module, inputs, output):
            whole = output[0] if isinstance(output, tuple) else output
            run.attention_output.append(whole[0])

        def on_mlp(module, inputs, output):
            run.mlp_output.append(edit("mlp", output[0]))
            return run.mlp_output[-1][None]

        parts = self.family.parts
        return [
            layer.register_forward_pre_hook(on_block),
            layer.get_submodule(parts["output"]).register_forward_pre_hook(on_heads),
            layer.get_submodule(parts["attention"]).register_forward_hook(on_attention),
            layer.get_submodule(parts["mlp"]).register_forward_hook(on_mlp),
        ]
