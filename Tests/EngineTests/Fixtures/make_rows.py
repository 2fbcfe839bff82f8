"""Writes what transformers gives where rows of an attention pattern are replaced: the attention of its
own models is patched between the softmax and the mixing. The models, prompts and metrics are those
of make_fixtures.py and make_families.py. See README.md."""

import json
import sys

import torch
from safetensors.torch import load_file

import interventions
import methods
from family_models import TinyFamily, families
from family_run import Runner, build, double_precision
from make_fixtures import HERE, MODELS, configuration, write
from vouch import check


def every():
    """Name -> (configuration, family) of each model that interventions are tried on."""
    result = {
        name: TinyFamily("llama", configuration(m), classic={})
        for name, m in MODELS.items()
        if m["methods"]
    }
    return result | families()


def make(name, family):
    state = load_file(f"{HERE}/models/{name}/model.safetensors")
    with open(f"{HERE}/reference/{name}.json") as file:
        case = json.load(file)
    old = load_file(f"{HERE}/reference/{name}.safetensors")
    arrays = {}
    with double_precision(family.module) as modeling:
        runner = Runner(build(family.config, state, torch.float64), family, modeling)
        run = lambda edits: runner.run(runner.embed(case["tokens"]), edits)
        clean = run({})
        check(name, "logits", clean.logits, old["logits"], 1e-6)
        seen = torch.stack([x.reshape(x.shape[-3:])[0] != 0 for x in clean.pattern])
        layers, count = seen.shape[:2]
        listed = interventions.list_rows(layers, runner.heads, count, seen)
        for each, edits in listed.items():
            functions = interventions.functions(edits, clean, None)
            changed = run({site: with_seen(edit, seen) for site, edit in functions.items()})
            m = methods.metric(changed, case["target"], case["foil"])
            arrays[f"logits.{each}"] = changed.logits
            (arrays[f"grad_embeddings.{each}"],) = methods.gradients(m, [changed.embeddings])
            assert not torch.equal(changed.logits, clean.logits), (name, each)
        # Rows that TinyLlama replaced are replaced alike here.
        for each, edits in case["interventions"].items():
            if any(edit["site"] == "pattern" for edit in edits):
                functions = interventions.functions(edits, clean, None)
                found = run({site: with_seen(edit, seen) for site, edit in functions.items()})
                check(name, each, found.logits, old[f"logits.{each}"], 1e-6)
    note = f"torch {torch.__version__}"
    write(f"{HERE}/reference/rows/{name}.safetensors", arrays, note)
    with open(f"{HERE}/reference/rows/{name}.json", "w") as file:
        json.dump(listed, file, indent=1)
    print(f"{name}: {len(listed)} interventions")


def with_seen(edit, seen):
    def apply(value, run):
        run.seen = seen
        return edit(value, run)

    return apply


if __name__ == "__main__":
    for name in sys.argv[1:] or every():
        make(name, every()[name])
