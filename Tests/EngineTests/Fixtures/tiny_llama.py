"""A Llama decoder written out one activation at a time, so that each can be read, edited and
differentiated. Shapes: T positions, H query heads, G key/value heads, K head width, D residual
width, M MLP width, V vocabulary."""

import torch


class Run:
    """What one pass computed. Every activation is a node of the autograd graph."""

    def __init__(self):
        self.embeddings = None  # [T, D]
        self.q, self.k, self.v = [], [], []  # after RoPE: [T, H, K], [T, G, K]; v: [T, G, K]
        self.pattern, self.z = [], []  # [H, T, T], [T, H, K]
        self.resid_pre, self.resid_mid = [], []  # [T, D]
        self.mlp_output = []  # [T, D]
        self.resid_final = None  # [T, D], before the last norm
        self.logits = None  # [T, V]


def rms_norm(x, gain, epsilon):
    return gain * x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + epsilon)


def rotate(x, theta):
    """RoPE with the pairing of Hugging Face weights: element i turns with element i + K/2."""
    width = x.shape[-1]
    frequency = theta ** (-torch.arange(0, width, 2, dtype=x.dtype) / width)
    angle = torch.arange(x.shape[0], dtype=x.dtype)[:, None, None] * frequency
    first, second = x[..., : width // 2], x[..., width // 2 :]
    return torch.cat(
        [
            first * angle.cos() - second * angle.sin(),
            second * angle.cos() + first * angle.sin(),
        ],
        -1,
    )


class TinyLlama:
    def __init__(self, state, config, dtype):
        self.weights = {name: tensor.to(dtype) for name, tensor in state.items()}
        self.dtype, self.config = dtype, config
        self.theta = config.rope_parameters["rope_theta"]
        self.embedding = self.weights["model.embed_tokens.weight"]
        self.unembedding = self.weights.get("lm_head.weight", self.embedding)
        self.final_gain = self.weights["model.norm.weight"]

    def embed(self, tokens):
        return self.embedding[torch.tensor(tokens)]

    def run(self, embeddings, edits={}):
        """`edits` maps (site, layer) to a function (value, run so far) -> new value, where the
        site is "resid_pre", "pattern", "z" or "mlp"."""
        run = Run()
        run.embeddings = embeddings.requires_grad_(True)

        def site(name, layer, value):
            edit = edits.get((name, layer))
            return value if edit is None else edit(value, run)

        x = run.embeddings * 1  # a node of its own: the first residual stream is not the leaf
        for layer in range(self.config.num_hidden_layers):
            x = site("resid_pre", layer, x)
            run.resid_pre.append(x)
            x = x + self.attention(layer, x, run, site)
            run.resid_mid.append(x)
            run.mlp_output.append(site("mlp", layer, self.mlp(layer, x)))
            x = x + run.mlp_output[-1]
        run.resid_final = x
        run.logits = self.unembed(x)
        return run

    def attention(self, layer, x, run, site):
        config, name = self.config, f"model.layers.{layer}."
        weight = lambda part: self.weights[f"{name}self_attn.{part}_proj.weight"]
        count, width = x.shape[0], config.head_dim
        norm = self.norm(name + "input_layernorm", x)
        q = rotate((norm @ weight("q").T).reshape(count, -1, width), self.theta)
        k = rotate((norm @ weight("k").T).reshape(count, -1, width), self.theta)
        v = (norm @ weight("v").T).reshape(count, -1, width)
        run.q.append(q)
        run.k.append(k)
        run.v.append(v)
        share = config.num_attention_heads // config.num_key_value_heads
        scores = torch.einsum("thk,shk->hts", q, k.repeat_interleave(share, 1)) / width**0.5
        hidden = torch.ones(count, count, dtype=torch.bool).triu(1)
        pattern = scores.masked_fill(hidden, float("-inf")).softmax(-1)
        run.pattern.append(site("pattern", layer, pattern))
        z = torch.einsum("hts,shk->thk", run.pattern[-1], v.repeat_interleave(share, 1))
        run.z.append(site("z", layer, z))
        return run.z[-1].reshape(count, -1) @ weight("o").T

    def mlp(self, layer, x):
        name = f"model.layers.{layer}."
        weight = lambda part: self.weights[f"{name}mlp.{part}_proj.weight"]
        norm = self.norm(name + "post_attention_layernorm", x)
        gate, up = norm @ weight("gate").T, norm @ weight("up").T
        return (gate * gate.sigmoid() * up) @ weight("down").T

    def norm(self, name, x):
        return rms_norm(x, self.weights[name + ".weight"], self.config.rms_norm_eps)

    def unembed(self, x):
        return rms_norm(x, self.final_gain, self.config.rms_norm_eps) @ self.unembedding.T
