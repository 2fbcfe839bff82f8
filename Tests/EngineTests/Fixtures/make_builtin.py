"""Writes the values that the engine must reproduce on the built-in model (Assets/model), for one
item and its partner. Run it again whenever that model is trained anew. See README.md."""

import json

import torch
from safetensors.torch import load_file
from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

import methods
from make_fixtures import HERE, METHODS, write
from tiny_llama import TinyLlama
from vouch import vouch

MODEL = f"{HERE}/../../../Assets/model"
CLEAN = "Mary has a dog. John has an apple. So Mary owns a kind of"
CORRUPTED = "Mary has a dog. John has an apple. So John owns a kind of"
TARGET, FOIL = " animal", " fruit"


def main():
    encode = AutoTokenizer.from_pretrained(MODEL).encode
    tokens, corrupted_tokens = encode(CLEAN), encode(CORRUPTED)
    target, foil = encode(TARGET)[1], encode(FOIL)[1]  # the first is BOS
    state = load_file(f"{MODEL}/model.safetensors")
    config = LlamaConfig.from_pretrained(MODEL)
    hf = LlamaForCausalLM._from_config(config, attn_implementation="eager")
    model = TinyLlama(state, config, torch.float64)
    clean, corrupted = model.run(model.embed(tokens)), model.run(model.embed(corrupted_tokens))
    metric = methods.metric(clean, target, foil)
    (grad,) = methods.gradients(metric, [clean.embeddings])
    arrays = {
        "logits": clean.logits[-3:],
        "corrupted.logits": corrupted.logits[-3:],
        "grad_embeddings": grad,
    }
    vouch(
        "builtin", hf, state, tokens, {}, clean, corrupted, None, arrays, (target, foil)
    )
    note = f"torch {torch.__version__}"
    write(f"{HERE}/reference/builtin.safetensors", arrays, note)
    scores = methods.all_methods(model, clean, corrupted, target, foil)
    scores = {n: a for n, a in scores.items() if "pattern" not in n and n != "logit_lens"}
    write(f"{METHODS}/builtin.safetensors", scores, note)
    case = dict(
        tokens=tokens, corrupted=corrupted_tokens, target=target, foil=foil,
        metric=metric.item(), corruptedMetric=methods.metric(corrupted, target, foil).item(),
        steps=5, interventions={},
    )  # fmt: skip
    with open(f"{HERE}/reference/builtin.json", "w") as file:
        json.dump(case, file, indent=1)
    print(f"m {case['metric']:.3f} -> {case['corruptedMetric']:.3f}")


if __name__ == "__main__":
    main()
