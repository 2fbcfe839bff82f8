"""Holds TinyLlama against transformers' LlamaForCausalLM in double precision: logits, attention
patterns, gradients, and interventions made with module hooks."""

import contextlib

import torch
from transformers import LlamaForCausalLM
from transformers.models.llama import modeling_llama

import interventions
import methods


@contextlib.contextmanager
def double_precision():
    """Lifts the casts to float32 in transformers' norms, softmax and rotary angles: rounding then
    falls by eight orders of magnitude, and what is left would be a difference of equations."""

    class Double:
        float32 = float = torch.float64

        def __getattr__(self, name):
            return getattr(torch, name)

    to_float, torch.Tensor.float = torch.Tensor.float, torch.Tensor.double
    modeling_llama.torch = Double()
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.Tensor.float, modeling_llama.torch = to_float, torch
        torch.set_default_dtype(torch.float32)


def vouch(name, hf, state, tokens, listed, clean, corrupted, vector, arrays, pair):
    single = build(hf.config, state, torch.float32)
    # Rounded to float32 at every step: up to 30 units of 6e-8 in the deepest of these models.
    check(name, "logits, f32", single(torch.tensor([tokens])).logits[0], clean.logits, 3e-6)
    with double_precision():
        hf = build(hf.config, state, torch.float64)
        check(name, "logits", hf(torch.tensor([tokens])).logits[0], clean.logits)
        embeddings = clean.embeddings.detach()[None].requires_grad_(True)
        output = hf(inputs_embeds=embeddings, output_attentions=True)
        for layer, pattern in enumerate(output.attentions):
            check(name, f"pattern.{layer}", pattern[0], clean.pattern[layer])
        m = output.logits[0, -1, pair[0]] - output.logits[0, -1, pair[1]]
        (grad,) = methods.gradients(m, [embeddings])
        check(name, "grad_embeddings", grad[0], arrays["grad_embeddings"])
        for intervention, edits in listed.items():
            if any(edit["site"] == "pattern" for edit in edits):
                continue  # transformers offers no hook between the softmax and the mixing
            logits = hooked(hf, tokens, edits, corrupted, vector)
            check(name, intervention, logits, arrays[f"logits.{intervention}"])


def build(config, state, dtype):
    hf = LlamaForCausalLM._from_config(config, attn_implementation="eager", dtype=dtype)
    hf.load_state_dict({n: t.to(dtype) for n, t in state.items()}, strict=False)
    hf.tie_weights()
    return hf.eval()


def check(name, what, found, expected, bound=1e-12):
    found, expected = found.detach().double(), expected.detach().double()
    error = float((found - expected).abs().max() / expected.abs().max())
    if not error <= bound:
        raise SystemExit(f"{name}: {what} differs from transformers by {error:.2e} > {bound}")


def hooked(hf, tokens, edits, corrupted, vector):
    """Logits of transformers' model under the edits, made with hooks on its modules."""
    handles = []
    for (site, layer), edit in interventions.functions(edits, corrupted, vector).items():
        block = hf.model.layers[layer]
        if site == "z":
            heads = hf.config.num_attention_heads

            def on_heads(module, inputs, edit=edit):
                z = inputs[0][0]
                return (edit(z.reshape(len(z), heads, -1), None).reshape(z.shape)[None],)

            handles.append(block.self_attn.o_proj.register_forward_pre_hook(on_heads))
        elif site == "mlp":
            hook = lambda module, inputs, output, edit=edit: edit(output[0], None)[None]
            handles.append(block.mlp.register_forward_hook(hook))
        else:
            hook = lambda module, inputs, edit=edit: (edit(inputs[0][0], None)[None],)
            handles.append(block.register_forward_pre_hook(hook))
    logits = hf(torch.tensor([tokens])).logits[0]
    for handle in handles:
        handle.remove()
    return logits
