"""Writes the logit lens and the direct logit attribution of families whose ends differ from Llama's:
a final LayerNorm, capped logits, norms behind attention, parallel blocks. See README.md of
Tests/InterpretabilityTests/Fixtures.

Everything is read off transformers' own modules in double precision. A frozen norm is taken from
what the module made of its input: output / input, element by element."""

import json

import torch
from safetensors.torch import load_file
from transformers.utils import logging

import methods
from family_models import families
from family_run import Runner, build, double_precision
from make_fixtures import HERE, METHODS, write

NAMES = ["gemma2", "gpt2", "gpt_neox", "olmo2"]


def unembed(hf, runner, x):
    logits = hf.get_output_embeddings()(runner.norm(x))
    cap = getattr(hf.config, "final_logit_softcapping", None)
    return logits if cap is None else cap * torch.tanh(logits / cap)


def frozen(norm, x, parts):
    """What `norm`, with the statistics that it has at x, makes of each part of x; and its bias."""
    bias = getattr(norm, "bias", None)
    if bias is None:
        return [norm(x) / x * part for part in parts], torch.zeros_like(x)
    factor = (norm(x) - bias) / (x - x.mean())
    return [factor * (part - part.mean()) for part in parts], bias


def direct(hf, runner, run, target, foil):
    """Contributions at END: heads [L, H], attention's biases [L], MLPs [L], embedding, final bias."""
    parts, kinds = [run.resid_pre[0][-1]], ["embedding"]
    for index, layer in enumerate(runner.layers):
        output = layer.get_submodule(runner.family.parts["output"])
        z = run.z[index][-1]
        silent = output(torch.zeros_like(z.reshape(-1)))
        results = []
        for head in range(runner.heads):
            alone = torch.zeros_like(z)
            alone[head] = z[head]
            results.append(output(alone.reshape(-1)) - silent)
        results.append(silent)
        if "post_attention" in runner.family.parts["attention"]:
            norm = layer.get_submodule(runner.family.parts["attention"])
            results, _ = frozen(norm, output(z.reshape(-1)), results)
        parts += results + [run.mlp_output[index][-1]]
        kinds += ["head"] * runner.heads + ["bias", "mlp"]
    end = run.resid_final[-1]
    assert torch.allclose(sum(parts), end, rtol=1e-12), "the parts are not the stream"
    normed, final_bias = frozen(runner.norm, end, parts)
    head = hf.get_output_embeddings()
    uncapped, capped = head(runner.norm(end)), run.logits[-1]
    read = lambda x: sum(
        sign * head(x)[token] * capped[token] / uncapped[token]
        for sign, token in ((1, target), (-1, foil))
    )
    values = [read(x) for x in normed]
    pick = lambda kind: torch.stack([v for v, k in zip(values, kinds) if k == kind]).detach()
    arrays = {
        "heads": pick("head").reshape(-1, runner.heads), "attention_biases": pick("bias"),
        "mlps": pick("mlp"), "embedding": pick("embedding"),
        "final_bias": read(final_bias).detach().reshape(1),
    }  # fmt: skip
    total = sum(a.sum() for a in arrays.values())
    assert torch.allclose(total, methods.metric(run, target, foil), rtol=1e-12)
    return arrays


def make(name, family):
    with open(f"{HERE}/reference/{name}.json") as file:
        case = json.load(file)
    state = load_file(f"{HERE}/models/{name}/model.safetensors")
    with double_precision(family.module) as modeling:
        hf = build(family.config, state, torch.float64)
        runner = Runner(hf, family, modeling)
        run = runner.run(runner.embed(case["tokens"]))
        streams = torch.stack([*run.resid_pre, run.resid_final])
        lens = unembed(hf, runner, streams).detach()
        assert torch.allclose(lens[-1], run.logits, rtol=1e-12)
        arrays = direct(hf, runner, run, case["target"], case["foil"])
    arrays = {f"direct_logit_attribution.{n}": a for n, a in arrays.items()}
    arrays["logit_lens"] = lens
    write(f"{METHODS}/lens-{name}.safetensors", arrays, f"torch {torch.__version__}")
    largest = arrays["direct_logit_attribution.heads"].abs().max().item()
    print(f"{name}: {len(arrays)} arrays, lens {tuple(lens.shape)}, largest head {largest:.2f}")


if __name__ == "__main__":
    logging.disable_progress_bar()
    every = families()
    for name in NAMES:
        make(name, every[name])
