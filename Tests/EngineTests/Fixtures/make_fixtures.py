"""Writes the tiny models and the values the engine must reproduce on them. See README.md.

Models are saved by Hugging Face transformers. The values come from TinyLlama in double precision;
before they are written, transformers' own LlamaForCausalLM must give the same logits, patterns,
gradient and results of interventions (vouch.py)."""

import json
import os
import shutil
import sys

import torch
from safetensors.torch import load_file, save_file
from transformers import LlamaConfig, LlamaForCausalLM

import interventions
import methods
from tiny_llama import TinyLlama
from vouch import vouch

HERE = os.path.dirname(os.path.abspath(__file__))
METHODS = os.path.join(HERE, "../../InterpretabilityTests/Fixtures")

# All sizes of a model differ, so that a swapped axis fails. `head_dim` is absent where it is D/H.
MODELS = {
    "multihead": dict(
        D=30, H=5, G=5, M=47, V=61, L=2, T=11, theta=50.0, eps=1e-2, tied=False,
        dtype=torch.float32, classic=True, methods=True, seed=11,
    ),
    "grouped": dict(
        D=30, H=6, G=2, K=8, M=37, V=43, L=3, T=13, theta=10000.0, eps=1e-5, tied=True,
        dtype=torch.float32, classic=False, methods=True, seed=12,
    ),
    "half": dict(
        D=27, H=3, G=1, K=10, M=41, V=47, L=2, T=11, theta=500000.0, eps=1e-6, tied=False,
        dtype=torch.float16, classic=True, methods=False, seed=13, shards="20KB",
    ),
    "bfloat": dict(
        D=40, H=8, G=4, K=6, M=35, V=53, L=2, T=9, theta=300.0, eps=1e-3, tied=True,
        dtype=torch.bfloat16, classic=False, methods=False, seed=14,
    ),
}  # fmt: skip


def configuration(m):
    return LlamaConfig(
        hidden_size=m["D"], num_attention_heads=m["H"], num_key_value_heads=m["G"],
        head_dim=m.get("K"), intermediate_size=m["M"], vocab_size=m["V"],
        num_hidden_layers=m["L"], max_position_embeddings=32, rms_norm_eps=m["eps"],
        tie_word_embeddings=m["tied"], bos_token_id=0, eos_token_id=1,
        rope_parameters={"rope_type": "default", "rope_theta": m["theta"]},
    )  # fmt: skip


def fill(model, generator, tied):
    """Weights larger than the usual start: peaked attention, logits of several units."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            if parameter.dim() == 1:
                parameter.copy_(1 + 0.3 * noise)
            elif "embed_tokens" in name:
                parameter.copy_(0.5 * noise)
            else:
                gain = 1.6 if "q_proj" in name or "k_proj" in name else 1.2
                gain = 2.0 if "lm_head" in name else gain
                parameter.copy_(gain * noise / parameter.shape[1] ** 0.5)


def save(model, folder, shards, classic):
    shutil.rmtree(folder, ignore_errors=True)
    model.save_pretrained(folder, max_shard_size=shards)
    os.remove(f"{folder}/generation_config.json")
    for file in os.listdir(folder):
        os.chmod(f"{folder}/{file}", 0o644)
    if not classic:
        return
    # The layout of checkpoints saved before transformers 5.
    with open(f"{folder}/config.json") as file:
        config = json.load(file)
    config["rope_theta"] = config.pop("rope_parameters")["rope_theta"]
    config["torch_dtype"] = config.pop("dtype")
    if config["head_dim"] * config["num_attention_heads"] == config["hidden_size"]:
        del config["head_dim"]
    with open(f"{folder}/config.json", "w") as file:
        json.dump(config, file, indent=1)


def prompts(m, generator):
    """A clean and a corrupted prompt that differ at three positions, one of them early."""
    clean = torch.randint(2, m["V"], (m["T"],), generator=generator).tolist()
    clean[0] = 0
    corrupted = list(clean)
    for position in (1, 4, m["T"] - 3):
        corrupted[position] = 2 + (clean[position] + 7) % (m["V"] - 2)
    return clean, corrupted


def activations(run, m_value, corrupted):
    """Name -> array, for the clean run and the logits of the corrupted one."""
    arrays = {"logits": run.logits, "corrupted.logits": corrupted.logits}
    arrays["embeddings"], arrays["resid_final"] = run.embeddings, run.resid_final
    for part in ("q", "k", "v", "z", "pattern", "resid_pre", "resid_mid", "mlp_output"):
        for layer, value in enumerate(getattr(run, part)):
            arrays[f"{part}.{layer}"] = value
    for part in ("z", "pattern", "resid_pre", "resid_mid"):
        for layer, grad in enumerate(methods.gradients(m_value, getattr(run, part))):
            # A key after the query is no variable of the model.
            arrays[f"grad_{part}.{layer}"] = grad.tril() if part == "pattern" else grad
    (arrays["grad_embeddings"],) = methods.gradients(m_value, [run.embeddings])
    return arrays


def intervened(model, listed, clean, corrupted, vector, metric):
    """Logits under each intervention, and the gradient to the embeddings where no attention
    pattern is replaced."""
    arrays = {"mean_vector": vector}
    for name, edits in listed.items():
        functions = interventions.functions(edits, corrupted, vector)
        run = model.run(clean.embeddings.detach(), functions)
        arrays[f"logits.{name}"] = run.logits
        if all(edit["site"] != "pattern" for edit in edits):
            (arrays[f"grad_embeddings.{name}"],) = methods.gradients(
                metric(run), [run.embeddings]
            )
    return arrays


def write(path, arrays, note):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    arrays = {n: a.detach().to(torch.float32).contiguous() for n, a in arrays.items()}
    save_file(arrays, path, metadata={"note": note})
    os.chmod(path, 0o644)


def make(name, m):
    generator = torch.Generator().manual_seed(m["seed"])
    hf = LlamaForCausalLM._from_config(configuration(m), attn_implementation="eager")
    fill(hf, generator, m["tied"])
    hf.to(m["dtype"])
    save(hf, f"{HERE}/models/{name}", "1GB", m["classic"])
    if "shards" in m:
        save(hf, f"{HERE}/models/{name}-sharded", m["shards"], m["classic"])

    state = load_file(f"{HERE}/models/{name}/model.safetensors")
    model = TinyLlama(state, hf.config, torch.float64)
    tokens, corrupted_tokens = prompts(m, generator)
    clean, corrupted = model.run(model.embed(tokens)), model.run(model.embed(corrupted_tokens))
    target = int(clean.logits[-1].argmax())
    foil = int(corrupted.logits[-1].argsort()[-1])
    foil = foil if foil != target else int(corrupted.logits[-1].argsort()[-2])
    metric = lambda run: methods.metric(run, target, foil)

    listed = interventions.list_interventions(m["L"], m["H"], m["T"]) if m["methods"] else {}
    vector = torch.randn(model.config.head_dim, generator=generator).to(torch.float32)
    arrays = activations(clean, metric(clean), corrupted)
    arrays |= intervened(model, listed, clean, corrupted, vector, metric)
    vouch(name, hf, state, tokens, listed, clean, corrupted, vector, arrays, (target, foil))

    note = f"torch {torch.__version__}, seed {m['seed']}"
    write(f"{HERE}/reference/{name}.safetensors", arrays, note)
    if m["methods"]:
        scores = methods.all_methods(model, clean, corrupted, target, foil)
        write(f"{METHODS}/{name}.safetensors", scores, note)
    case = dict(
        tokens=tokens, corrupted=corrupted_tokens, target=target, foil=foil,
        metric=metric(clean).item(), corruptedMetric=metric(corrupted).item(),
        steps=5, interventions=listed,
    )  # fmt: skip
    with open(f"{HERE}/reference/{name}.json", "w") as file:
        json.dump(case, file, indent=1)
    print(
        f"{name}: m {case['metric']:.3f} -> {case['corruptedMetric']:.3f}, logits std "
        f"{clean.logits.std().item():.2f}, largest pattern cell by head "
        f"{torch.stack(clean.pattern)[:, :, 3:].amax(-1).mean().item():.2f} on average"
    )


if __name__ == "__main__":
    for name in sys.argv[1:] or MODELS:
        make(name, MODELS[name])
