"""The attribution and patching methods, each from its definition, on TinyLlama."""

import torch


def metric(run, target, foil):
    """The logit difference at the last position."""
    return run.logits[-1, target] - run.logits[-1, foil]


def gradients(value, tensors):
    return [g.detach() for g in torch.autograd.grad(value, tensors, retain_graph=True)]


def head_sums(values, grads):
    """[L, H] from lists over layers of [T, H, K]."""
    return torch.stack([(v * g).sum((0, 2)) for v, g in zip(values, grads)]).detach()


def difference(a, b):
    return [x.detach() - y.detach() for x, y in zip(a, b)]


def attribution(source, base, m):
    """Σ_{t,k} (z_source − z_base) · dm/dz at the base run."""
    return head_sums(difference(source.z, base.z), gradients(m(base), base.z))


def integrated(model, source, base, m, steps):
    """The same with the gradient averaged over inputs at base + k/steps · (source − base),
    k = 1..steps."""
    start = base.embeddings.detach()
    step = (source.embeddings.detach() - start) / steps
    points = [model.run(start + k * step) for k in range(1, steps + 1)]
    every = [gradients(m(run), run.z) for run in points]
    mean = [sum(layer) / steps for layer in zip(*every)]
    return head_sums(difference(source.z, base.z), mean)


def effects(model, base, m, replacement):
    """m(base with one head's z replaced) − m(base), for every head: [L, H].
    `replacement(layer, head)` is the new z of that head, [T, K]."""
    layers, heads = len(base.z), base.z[0].shape[1]
    result = torch.zeros(layers, heads, dtype=model.dtype)
    for layer in range(layers):
        for head in range(heads):

            def edit(value, run):
                new = value.clone()
                new[:, head] = replacement(layer, head)
                return new

            run = model.run(base.embeddings.detach(), {("z", layer): edit})
            result[layer, head] = (m(run) - m(base)).detach()
    return result


def direct(model, run, target, foil):
    """Each component's output at END on the logit difference, the last norm's factor frozen."""
    x = run.resid_final[-1]
    factor = torch.rsqrt(x.pow(2).mean() + model.config.rms_norm_eps)
    direction = factor * model.final_gain * (model.unembedding[target] - model.unembedding[foil])
    heads = []
    for layer, z in enumerate(run.z):
        w = model.weights[f"model.layers.{layer}.self_attn.o_proj.weight"]
        by_head = w.reshape(w.shape[0], z.shape[1], z.shape[2])  # [D, H, K]
        heads.append(torch.einsum("hk,dhk,d->h", z[-1], by_head, direction))
    mlps = torch.stack([output[-1] @ direction for output in run.mlp_output])
    embedding = (run.embeddings[-1] @ direction).reshape(1)
    return torch.stack(heads).detach(), mlps.detach(), embedding.detach()


def logit_lens(model, run):
    """The residual stream at END before each block, and after the last, unembedded: [L + 1, V]."""
    streams = torch.stack([x[-1] for x in run.resid_pre] + [run.resid_final[-1]])
    return model.unembed(streams).detach()


def all_methods(model, clean, corrupted, target, foil, steps=5):
    m = lambda run: metric(run, target, foil)
    other = {"denoising": (clean, corrupted), "noising": (corrupted, clean)}
    arrays = {"zero_baseline": head_sums(clean.z, gradients(m(clean), clean.z))}
    for name, (source, base) in other.items():
        arrays[f"attribution_patching.{name}"] = attribution(source, base, m)
        arrays[f"integrated_gradients.{name}"] = integrated(model, source, base, m, steps)
        arrays[f"activation_patching.{name}"] = effects(
            model, base, m, lambda layer, head: source.z[layer][:, head].detach()
        )
    arrays["ablation"] = effects(model, clean, m, lambda layer, head: 0.0)
    for layer, grad in enumerate(gradients(m(clean), clean.pattern)):
        arrays[f"pattern_attribution.{layer}"] = clean.pattern[layer].detach() * grad
    heads, mlps, embedding = direct(model, clean, target, foil)
    assert torch.allclose(heads.sum() + mlps.sum() + embedding.sum(), m(clean))
    arrays["direct_logit_attribution.heads"] = heads
    arrays["direct_logit_attribution.mlps"] = mlps
    arrays["direct_logit_attribution.embedding"] = embedding
    arrays["logit_lens"] = logit_lens(model, clean)
    return arrays
