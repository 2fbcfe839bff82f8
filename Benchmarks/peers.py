"""Does what `gar bench` measures in another library: one process for each, asked line by line.

    python3 Benchmarks/peers.py torch MODEL [--threads 2]         # transformers on PyTorch, a directory
    python3 Benchmarks/peers.py transformer_lens MODEL            # TransformerLens, a directory
    python3 Benchmarks/peers.py llama_cpp MODEL                   # llama-cpp-python, a GGUF file

Each line read is a JSON object with `op` and its arguments, each line written one with `seconds` and, where
there is one, `value`; the first line says what was loaded. `gar bench --peers` runs it. By hand:

    echo '{"op": "prompt", "tokens": [0, 5, 9]}' | python3 Benchmarks/peers.py torch Assets/model

Operations: `prompt` (a forward pass, logits at END), `decode` (one more token after a prompt that was run),
`attribution` (attribution patching of every head: two forward passes, and a backward pass that goes no
deeper than z of the first layer), `patching` (exact patching of the heads given, one run each).
Everything is float32 unless the GGUF file says otherwise.
"""

import argparse
import importlib.metadata
import json
import os
import sys
import time


def status(key):
    """A field of /proc/self/status, in bytes; 0 where there is none."""
    try:
        with open("/proc/self/status") as lines:
            return next((int(line.split()[1]) << 10 for line in lines if line.startswith(key)), 0)
    except OSError:
        return 0


def forget_peak():
    try:
        with open("/proc/self/clear_refs", "w") as file:
            file.write("5")
    except OSError:
        pass


def difference(logits, request):
    return logits[request["target"]] - logits[request["foil"]]


class Torch:
    """transformers' own model, gradients to z alone: parameters need none, and the graph starts at the
    first layer's z."""

    packages = ["torch", "transformers"]

    def __init__(self, path, threads):
        import torch
        import transformers

        transformers.logging.set_verbosity_error()
        torch.set_num_threads(threads)
        self.torch = torch
        self.model = transformers.AutoModelForCausalLM.from_pretrained(
            path, dtype=torch.float32, attn_implementation="sdpa").eval().requires_grad_(False)
        self.width = self.model.config.head_dim
        self.outputs = [layer.self_attn.o_proj for layer in self.model.model.layers]

    def ids(self, tokens):
        return self.torch.tensor([tokens])

    def prompt(self, request):
        with self.torch.inference_mode():
            self.model(self.ids(request["tokens"]), logits_to_keep=1, use_cache=False)

    def before_decode(self, request):
        with self.torch.inference_mode():
            self.past = self.model(self.ids(request["tokens"]), logits_to_keep=1).past_key_values

    def decode(self, request):
        with self.torch.inference_mode():
            self.model(self.ids(request["tokens"][-1:]), past_key_values=self.past)
        self.past.crop(-1)

    def run(self, tokens, edit):
        """`edit(layer, z)` sees each layer's z `[1, T, H·K]` and may give another."""
        hooks = [
            output.register_forward_pre_hook(lambda _, args, layer=layer: edit(layer, args[0]))
            for layer, output in enumerate(self.outputs)]
        try:
            return self.model(self.ids(tokens), logits_to_keep=1, use_cache=False).logits[0, -1]
        finally:
            for hook in hooks:
                hook.remove()

    def kept(self, tokens):
        zs = []
        with self.torch.no_grad():
            self.run(tokens, lambda layer, z: zs.append(z))
        return zs

    def attribution(self, request):
        clean, zs = self.kept(request["clean"]), []

        def leaf(layer, z):
            zs.append(z.detach().requires_grad_() if layer == 0 else z)
            return (zs[-1],)

        metric = difference(self.run(request["corrupted"], leaf), request)
        gradients = self.torch.autograd.grad(metric, zs)
        scores = [
            ((c - z.detach()) * g).reshape(-1, g.shape[-1] // self.width, self.width).sum((0, 2))
            for c, z, g in zip(clean, zs, gradients)]
        return self.torch.stack(scores).tolist()

    def patching(self, request):
        clean = self.kept(request["clean"])
        with self.torch.no_grad():
            before = difference(self.run(request["corrupted"], lambda layer, z: None), request)
            return [
                float(difference(self.patched(request, clean, *head), request) - before)
                for head in request["heads"]]

    def patched(self, request, clean, layer, head):
        columns = slice(head * self.width, (head + 1) * self.width)

        def edit(at, z):
            if at != layer:
                return None
            z = z.clone()
            z[..., columns] = clean[layer][..., columns]
            return (z,)

        return self.run(request["corrupted"], edit)


class TransformerLens:
    """The library's way: hooks at z, its cache, a backward pass through the model."""

    packages = ["transformer_lens", "torch"]

    def __init__(self, path, threads):
        import torch
        import transformers
        from transformer_lens.model_bridge import TransformerBridge

        transformers.logging.set_verbosity_error()
        torch.set_num_threads(threads)
        self.torch = torch
        source = transformers.AutoModelForCausalLM.from_pretrained(
            path, dtype=torch.float32, attn_implementation="eager")
        self.model = TransformerBridge.boot_transformers(
            str(path), hf_model=source,
            tokenizer=transformers.AutoTokenizer.from_pretrained(path))
        self.model.requires_grad_(False)
        self.names = [f"blocks.{layer}.attn.hook_z" for layer in range(self.model.cfg.n_layers)]

    def ids(self, tokens):
        return self.torch.tensor([tokens])

    def heads(self, z):
        return z.reshape(*z.shape[:2], self.model.cfg.n_heads, -1)

    def prompt(self, request):
        with self.torch.inference_mode():
            self.model(self.ids(request["tokens"]))

    def kept(self, tokens):
        with self.torch.no_grad():
            _, cache = self.model.run_with_cache(
                self.ids(tokens), names_filter=lambda name: name in self.names)
        return [cache[name] for name in self.names]

    def attribution(self, request):
        clean, zs = self.kept(request["clean"]), []

        def leaf(z, hook):
            zs.append(z.detach().requires_grad_() if not zs else z)
            return zs[-1]

        logits = self.model.run_with_hooks(
            self.ids(request["corrupted"]), fwd_hooks=[(name, leaf) for name in self.names])
        gradients = self.torch.autograd.grad(difference(logits[0, -1], request), zs)
        scores = [
            self.heads((c - z.detach()) * g).sum((0, 1, 3)) for c, z, g in zip(clean, zs, gradients)]
        return self.torch.stack(scores).tolist()

    def patching(self, request):
        clean, ids = self.kept(request["clean"]), self.ids(request["corrupted"])
        with self.torch.no_grad():
            before = difference(self.model(ids)[0, -1], request)

            def effect(layer, head):
                def patch(z, hook):
                    z = z.clone()
                    self.heads(z)[:, :, head] = self.heads(clean[layer])[:, :, head]
                    return z

                logits = self.model.run_with_hooks(ids, fwd_hooks=[(self.names[layer], patch)])
                return float(difference(logits[0, -1], request) - before)

            return [effect(*head) for head in request["heads"]]


class LlamaCpp:
    """llama.cpp's library. It gives no gradients and no activations."""

    packages = ["llama_cpp_python"]

    def __init__(self, path, threads):
        import llama_cpp

        self.model = llama_cpp.Llama(
            str(path), n_ctx=1024, n_batch=512, n_threads=threads, n_threads_batch=threads,
            verbose=False)

    def prompt(self, request):
        self.model.reset()
        self.model.eval(request["tokens"])

    before_decode = prompt

    def decode(self, request):
        self.model.n_tokens = len(request["tokens"])
        self.model.eval(request["tokens"][-1:])


PEERS = {"torch": Torch, "transformer_lens": TransformerLens, "llama_cpp": LlamaCpp}


def answer(peer, request):
    operation = getattr(peer, request["op"], None)
    if operation is None:
        return {"unsupported": True}
    getattr(peer, "before_" + request["op"], lambda _: None)(request)
    forget_peak()
    held = status("VmRSS")
    start = time.perf_counter()
    value = operation(request)
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "value": value, "heldBytes": held, "peakBytes": status("VmHWM")}


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("peer", choices=PEERS)
    parser.add_argument("model")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    options = parser.parse_args()
    # What libraries print must not stand between the answers.
    out = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)

    def say(value):
        out.write(json.dumps(value) + "\n")

    try:
        start = time.perf_counter()
        peer = PEERS[options.peer](options.model, options.threads)
        versions = {name: importlib.metadata.version(name) for name in PEERS[options.peer].packages}
        say({"versions": versions, "seconds": time.perf_counter() - start})
    except Exception as error:
        say({"error": f"{type(error).__name__}: {error}"})
        sys.exit(3)
    for line in sys.stdin:
        try:
            say(answer(peer, json.loads(line)))
        except Exception as error:
            say({"error": f"{type(error).__name__}: {error}"})


if __name__ == "__main__":
    main()
