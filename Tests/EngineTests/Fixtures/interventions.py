"""Interventions as plain descriptions, and what each does to an activation.

A description is the JSON that the tests read: a list of edits, each with
  site      "z", "pattern", "mlp" or "resid_pre"
  layer     from 0
  head      for z and pattern
  positions the query positions, or null for all
  action    "zero"; "scale" by `factor`; "corrupted": the corrupted run's activation;
            "vector": the array `mean_vector`; "one_hot": the whole pattern row on `key`;
            "from_head": the pattern row of head `from` = [layer, head] of the same run, after the
            edits before this one
  strength  of a new pattern row: strength · new + (1 − strength) · old; 1 if not given
At all positions, a row that does not see `key` is left as it is.
"""

import torch


def list_interventions(layers, heads, count):
    """Interventions on a model of that size, `count` tokens; by name."""
    last, end, head = layers - 1, [count - 1], heads - 2

    def z(action, layer=1, head=head, positions=None, **more):
        return dict(
            site="z", layer=layer, head=head, positions=positions, action=action, **more
        )

    def pattern(action, positions=None, **more):
        return dict(
            site="pattern", layer=1, head=head, positions=positions, action=action, **more
        )

    def whole(site, action, layer, positions=None):
        return dict(site=site, layer=layer, positions=positions, action=action)

    return {
        "zero_head": [z("zero")],
        "zero_head_end": [z("zero", positions=end)],
        "scale_head": [z("scale", factor=2.0)],
        "scale_head_end": [z("scale", positions=end, factor=2.0)],
        "replace_head": [z("corrupted")],
        "replace_head_end": [z("corrupted", positions=end)],
        "replace_head_middle": [z("corrupted", positions=[2, 3, 5])],
        "mean_head": [z("vector")],
        "mean_head_end": [z("vector", positions=end)],
        "two_heads": [z("zero", layer=0, head=1), z("scale", layer=last, head=2, factor=2.0)],
        "two_heads_same_layer": [z("zero", head=0), z("scale", head=head, factor=-1.5)],
        "zero_mlp": [whole("mlp", "zero", 0)],
        "zero_mlp_end": [whole("mlp", "zero", last, end)],
        "replace_resid": [whole("resid_pre", "corrupted", 1)],
        "replace_resid_end": [whole("resid_pre", "corrupted", 1, end)],
        "one_hot_end": [pattern("one_hot", positions=end, key=3)],
        "one_hot_rows": [pattern("one_hot", positions=[3, 4, 7], key=3)],
        "from_head_end": [pattern("from_head", positions=end, **{"from": [0, 2]})],
        "from_head": [pattern("from_head", **{"from": [1, 0]})],
    }


def list_rows(layers, heads, count, seen):
    """Interventions on attention rows alone; by name. `seen` is [layer, t, s]."""
    last, end = layers - 1, count - 1

    def row(action, layer, head, positions=None, **more):
        return dict(
            site="pattern", layer=layer, head=head, positions=positions, action=action, **more
        )

    def from_head(layer, head, source, positions=None, **more):
        """Where a layer's window is narrower than the source's, at positions before it bites."""
        if (seen[source[0]] & ~seen[layer]).any():
            positions = [2, 3]
        return row("from_head", layer, head, positions, **{"from": source}, **more)

    farthest = int(seen[last, end].nonzero()[0]) + 1
    scale = dict(site="z", layer=1, head=1, positions=[end], action="scale", factor=2.0)
    return {
        "row_one_hot_end": [row("one_hot", last, heads - 1, [end], key=farthest)],
        "row_one_hot_part": [row("one_hot", last - 1, 0, [3, 4, 6], key=3, strength=0.375)],
        "row_one_hot_all": [row("one_hot", 1, 1, key=2)],
        "row_one_hot_first": [row("one_hot", 0, 1, [5], key=3)],
        "row_same_layer": [from_head(1, heads - 2, [1, heads - 1])],
        "row_same_layer_part": [from_head(last, 0, [last, 1], [end], strength=0.75)],
        "row_earlier_layer": [from_head(last, 1, [0, 0])],
        "row_earlier_layer_part": [from_head(last, 1, [0, 1], [5, end], strength=0.625)],
        "row_beyond": [from_head(last, 0, [0, 1], [4, end], strength=-0.5)],
        "row_chain": [
            row("one_hot", 0, 0, [2, 3], key=1, strength=0.5),
            row("one_hot", 1, 0, [4, 6], key=3, strength=0.5),
            scale,
            from_head(1, 1, [1, 0], strength=0.25),
            from_head(1, 1, [0, 0], strength=0.5),
            row("one_hot", 1, 0, [4], key=4),
        ],
    }


def functions(edits, corrupted, vector):
    """The edits as a dictionary for TinyLlama.run. `corrupted` is a Run, `vector` is [K]."""
    result = {}
    for edit in edits:
        key = edit["site"], edit["layer"]
        result[key] = chain(result.get(key), function(edit, corrupted, vector))
    return result


def chain(first, second):
    if first is None:
        return second
    return lambda value, run: second(first(value, run), run)


def function(edit, corrupted, vector):
    def apply(value, run):
        rows = edit["positions"] or list(range(value.shape[-2 if edit["site"] != "z" else 0]))
        new = value.clone()
        if edit["site"] == "pattern":
            if edit["positions"] is None and edit["action"] == "one_hot":
                rows = [t for t in rows if run.seen[edit["layer"]][t, edit["key"]]]
            strength = edit.get("strength", 1)
            given = pattern_rows(edit, rows, value, run)
            new[edit["head"], rows] = strength * given + (1 - strength) * value[edit["head"], rows]
        elif edit["site"] == "z":
            head = edit["head"]
            source = corrupted.z[edit["layer"]][rows, head]
            new[rows, head] = rows_of(edit, value[rows, head], source, vector)
        else:
            source = corrupted.resid_pre[edit["layer"]][rows]
            new[rows] = rows_of(edit, value[rows], source, vector)
        return new

    return apply


def rows_of(edit, old, source, vector):
    if edit["action"] == "zero":
        return torch.zeros_like(old)
    if edit["action"] == "scale":
        return edit["factor"] * old
    if edit["action"] == "corrupted":
        return source.detach().to(old.dtype)
    if edit["action"] == "vector":
        return vector.to(old.dtype).expand_as(old)
    raise ValueError(edit["action"])


def pattern_rows(edit, rows, value, run):
    if edit["action"] == "one_hot":
        return torch.eye(value.shape[-1], dtype=value.dtype)[[edit["key"]] * len(rows)]
    layer, head = edit["from"]
    patterns = value if layer == edit["layer"] else run.pattern[layer]
    return patterns.reshape(value.shape)[head, rows]
