"""Writes a tiny model of every family, and the values of transformers that the engine must
reproduce on it. See README.md."""

import json
import os
import shutil
import sys
import tempfile

import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM
from transformers.utils import logging

import interventions
import methods
from family_models import families
from family_run import Runner, build, double_precision
from make_fixtures import HERE, prompts, write
from vouch import check


def fill(hf, family, generator):
    """Weights larger than the usual start, and such that F16 and BF16 hold them exactly: one set of
    reference values then serves all three types."""
    width = hf.config.hidden_size
    for name, parameter in hf.named_parameters():
        noise = torch.randn(parameter.shape, generator=generator)
        if "norm" in name or ".ln_" in name:
            value = 0.3 * noise if name.endswith("bias") else 1 - family.gain_offset + 0.3 * noise
        elif parameter.dim() == 1:
            value = 0.3 * noise
        elif family.parts["embed"] in name:
            value = noise * (2 / width**0.5 if family.gain_offset else 0.5)
        elif "wpe" in name:
            value = 0.4 * noise
        else:
            scores = any(x in name for x in ("q_proj", "k_proj", "qkv", "query_key", "c_attn"))
            gain = 2.0 if family.parts["head"] in name else 1.5 if scores else 1.2
            value = gain * noise / width**0.5
        value = value.to(torch.bfloat16)
        with torch.no_grad():
            parameter.copy_(torch.where(value.abs() < 2**-13, 0.0, value.float()))


def save(hf, family, folder):
    """Weights as BF16; `config.json` as on the hub, `config-5.json` as transformers 5 writes it."""
    shutil.rmtree(folder, ignore_errors=True)
    hf.to(torch.bfloat16).save_pretrained(folder)
    if os.path.exists(f"{folder}/generation_config.json"):
        os.remove(f"{folder}/generation_config.json")
    os.rename(f"{folder}/config.json", f"{folder}/config-5.json")
    with open(f"{folder}/config-5.json") as file:
        config = json.load(file)
    config = {key: value for key, value in config.items() if key not in family.dropped}
    with open(f"{folder}/config.json", "w") as file:
        json.dump(config | family.classic, file, indent=1)
    for file in os.listdir(folder):
        os.chmod(f"{folder}/{file}", 0o644)


def activations(run, value, corrupted, prefix):
    arrays = {
        "logits": run.logits, "corrupted.logits": corrupted.logits, "prefix.logits": prefix.logits,
        "embeddings": run.resid_pre[0], "resid_final": run.resid_final,
    }  # fmt: skip
    run.pattern = [x[0] if x.dim() == 4 else x for x in run.pattern]
    for part in ("q", "k", "v", "z", "pattern", "resid_pre", "resid_mid", "mlp_output"):
        for layer, x in enumerate(getattr(run, part)):
            arrays[f"{part}.{layer}"] = x
    return arrays


def gradients(run, value):
    arrays = {}
    for part in ("z", "pattern", "resid_pre"):
        for layer, grad in enumerate(methods.gradients(value, getattr(run, part))):
            grad = grad[0] if grad.dim() == 4 else grad
            seen = run.pattern[layer].reshape(grad.shape) != 0 if part == "pattern" else True
            # A key that is not seen is no variable of the model.
            arrays[f"grad_{part}.{layer}"] = grad * seen
    (arrays["grad_embeddings"],) = methods.gradients(value, [run.embeddings])
    return arrays


def make(name, family):
    generator = torch.Generator().manual_seed(family.seed)
    folder = f"{HERE}/models/{name}"
    hf = AutoModelForCausalLM.from_config(family.config, attn_implementation="eager")
    fill(hf, family, generator)
    save(hf, family, folder)
    state = load_file(f"{folder}/model.safetensors")
    m = dict(V=family.config.vocab_size, T=family.tokens)
    tokens, corrupted_tokens = prompts(m, generator)
    with double_precision(family.module) as modeling:
        runner = Runner(build(family.config, state, torch.float64), family, modeling)
        # A run with longer prompts first would leave its angles to the shorter one.
        prefix = runner.run(runner.embed(tokens[:6]))
        clean = runner.run(runner.embed(tokens))
        corrupted = runner.run(runner.embed(corrupted_tokens))
        target = int(clean.logits[-1].argmax())
        order = corrupted.logits[-1].argsort()
        foil = int(order[-1] if order[-1] != target else order[-2])
        metric = lambda run: methods.metric(run, target, foil)
        arrays = gradients(clean, metric(clean))
        arrays |= activations(clean, metric(clean), corrupted, prefix)
        config = family.config
        listed = interventions.list_interventions(
            config.num_hidden_layers, config.num_attention_heads, family.tokens
        )
        listed = {n: e for n, e in listed.items() if all(x["site"] != "pattern" for x in e)}
        vector = torch.randn(clean.z[0].shape[-1], generator=generator).to(torch.float32)
        arrays["mean_vector"] = vector
        for each, edits in listed.items():
            functions = interventions.functions(edits, corrupted, vector)
            run = runner.run(clean.embeddings.detach(), functions)
            arrays[f"logits.{each}"] = run.logits
            (arrays[f"grad_embeddings.{each}"],) = methods.gradients(
                metric(run), [run.embeddings]
            )
    for config_file in ("config.json", "config-5.json"):
        vouch(name, folder, config_file, tokens, clean)
    note = f"torch {torch.__version__}, seed {family.seed}"
    write(f"{HERE}/reference/{name}.safetensors", arrays, note)
    case = dict(
        tokens=tokens, corrupted=corrupted_tokens, target=target, foil=foil,
        metric=metric(clean).item(), corruptedMetric=metric(corrupted).item(), steps=5,
        interventions=listed,
    )  # fmt: skip
    with open(f"{HERE}/reference/{name}.json", "w") as file:
        json.dump(case, file, indent=1)
    cells = torch.stack([x[0] if x.dim() == 4 else x for x in clean.pattern])
    print(
        f"{name}: m {case['metric']:.3f} -> {case['corruptedMetric']:.3f}, logits std "
        f"{clean.logits.std().item():.2f}, largest pattern cell by head "
        f"{cells[:, :, 3:].amax(-1).mean().item():.2f} on average"
    )


def vouch(name, folder, config_file, tokens, clean):
    """The folder as transformers itself loads it, in float32, with either configuration."""
    with tempfile.TemporaryDirectory() as copy:
        shutil.copytree(folder, copy, dirs_exist_ok=True)
        shutil.copyfile(f"{folder}/{config_file}", f"{copy}/config.json")
        hf = AutoModelForCausalLM.from_pretrained(
            copy, dtype=torch.float32, attn_implementation="eager"
        )
        logits = hf(torch.tensor([tokens])).logits[0]
    check(name, f"logits by {config_file}, f32", logits, clean.logits, 1e-5)


if __name__ == "__main__":
    logging.disable_progress_bar()
    every = families()
    for name in sys.argv[1:] or every:
        make(name, every[name])
