"""Edge attribution and exact edge patching from their definitions, on TinyLlama whose every head reads a
residual stream of its own: autograd then gives the gradient to each input by itself.

    python edges.py            # writes ../../InterpretabilityTests/Fixtures/edges-*.safetensors
"""

import json

import torch
from safetensors.torch import load_file
from transformers import AutoConfig

from make_fixtures import HERE, METHODS, write
from tiny_llama import TinyLlama, rotate

INPUTS = ("query", "key", "value")


class SplitLlama(TinyLlama):
    """Each head's query, key and value, each MLP and the unembedding read their own copy of the
    stream, `run.inputs[layer, input]`: [H, T, D] for heads, [1, T, D] for the others. `changes` adds to
    one of them: (layer, input, head) -> [T, D]."""

    def run(self, embeddings, changes={}):
        self.changes, self.inputs = changes, {}
        run = super().run(embeddings)
        run.inputs = self.inputs
        return run

    def split(self, x, count, layer, name):
        copies = x[None].expand(count, *x.shape) * 1
        for (at, which, head), change in self.changes.items():
            if (at, which) == (layer, name):
                copies = copies + torch.nn.functional.one_hot(
                    torch.tensor(head), count
                ).to(x.dtype)[:, None, None] * change
        self.inputs[layer, name] = copies
        return copies

    def attention(self, layer, x, run, site):
        config, name = self.config, f"model.layers.{layer}."
        heads, width, count = config.num_attention_heads, config.head_dim, x.shape[0]
        share = heads // config.num_key_value_heads
        projected = {}
        for which in INPUTS:
            part = which[0]
            w = self.weights[f"{name}self_attn.{part}_proj.weight"]
            w = w.reshape(-1, width, w.shape[1])
            w = w if which == "query" else w.repeat_interleave(share, 0)
            norm = self.norm(name + "input_layernorm", self.split(x, heads, layer, which))
            projected[which] = torch.einsum("htd,hkd->thk", norm, w)
        q, k = rotate(projected["query"], self.theta), rotate(projected["key"], self.theta)
        scores = torch.einsum("thk,shk->hts", q, k) / width**0.5
        hidden = torch.ones(count, count, dtype=torch.bool).triu(1)
        pattern = scores.masked_fill(hidden, float("-inf")).softmax(-1)
        run.z.append(torch.einsum("hts,shk->thk", pattern, projected["value"]))
        return run.z[-1].reshape(count, -1) @ self.weights[f"{name}self_attn.o_proj.weight"].T

    def mlp(self, layer, x):
        return super().mlp(layer, self.split(x, 1, layer, "mlp")[0])

    def unembed(self, x):
        return super().unembed(self.split(x, 1, self.config.num_hidden_layers, "logits")[0])


def senders(model, run):
    """What each part writes: [S, T, D], the embeddings, then each layer's heads and its MLP."""
    parts = [run.embeddings[None]]
    for layer, z in enumerate(run.z):
        w = model.weights[f"model.layers.{layer}.self_attn.o_proj.weight"]
        w = w.reshape(w.shape[0], z.shape[1], z.shape[2])
        parts += [torch.einsum("thk,dhk->htd", z, w), run.mlp_output[layer][None]]
    return torch.cat(parts).detach()


def receivers(layers, heads):
    """In order: each layer's queries, keys, values and MLP, then the logits."""
    for layer in range(layers):
        for which in INPUTS:
            for head in range(heads):
                yield layer, which, head
        yield layer, "mlp", 0
    yield layers, "logits", 0


def exists(sender, receiver, heads):
    """Whether the sender (its index) writes before the receiver reads."""
    layer, which, _ = receiver
    if sender == 0 or which == "logits":
        return True
    at, part = divmod(sender - 1, heads + 1)
    return at < layer or at == layer and which == "mlp" and part < heads


def scores(model, clean, corrupted, metric, steps):
    """Edge attribution and the exact effects, both [R, S], denoising."""
    layers, heads = model.config.num_hidden_layers, model.config.num_attention_heads
    start, end = corrupted.embeddings.detach(), clean.embeddings.detach()
    change = senders(model, clean) - senders(model, corrupted)
    names = list(receivers(layers, heads))
    attribution = torch.zeros(len(names), len(change), dtype=model.dtype)
    exact = torch.zeros_like(attribution)
    for step in range(1, steps + 1):
        run = model.run(start + step / steps * (end - start))
        keys = list(run.inputs)
        grads = dict(
            zip(keys, torch.autograd.grad(metric(run), [run.inputs[key] for key in keys]))
        )
        for row, (layer, which, head) in enumerate(names):
            products = torch.einsum("std,td->s", change, grads[layer, which][head])
            attribution[row] += products / steps
    before = metric(model.run(start)).item()
    for row, receiver in enumerate(names):
        for sender in range(len(change)):
            if exists(sender, receiver, heads):
                after = metric(model.run(start, {receiver: change[sender]})).item()
                exact[row, sender] = after - before
            else:
                attribution[row, sender] = 0
    return {"edge_attribution": attribution, "edge_patching": exact}


def make(name):
    folder = f"{HERE}/models/{name}"
    config = AutoConfig.from_pretrained(folder)
    state = load_file(f"{folder}/model.safetensors")
    model, plain = (kind(state, config, torch.float64) for kind in (SplitLlama, TinyLlama))
    with open(f"{HERE}/reference/{name}.json") as file:
        case = json.load(file)
    metric = lambda run: run.logits[-1, case["target"]] - run.logits[-1, case["foil"]]
    clean, corrupted = (model.run(model.embed(case[key])) for key in ("tokens", "corrupted"))
    whole = plain.run(plain.embed(case["tokens"]))
    assert torch.allclose(clean.logits, whole.logits, rtol=1e-12, atol=1e-12)
    arrays = scores(model, clean, corrupted, metric, case["steps"])
    write(f"{METHODS}/edges-{name}.safetensors", arrays, f"torch {torch.__version__}")
    both = torch.stack([arrays["edge_attribution"].flatten(), arrays["edge_patching"].flatten()])
    print(name, list(arrays["edge_attribution"].shape), torch.corrcoef(both)[0, 1].item())


if __name__ == "__main__":
    for name in ("multihead", "grouped"):
        make(name)
