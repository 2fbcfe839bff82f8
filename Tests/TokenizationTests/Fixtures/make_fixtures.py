"""Writes the tokenizers and the reference samples that TokenizationTests checks against.

Usage: python make_fixtures.py      (needs tokenizers == 0.23.3; writes beside itself)

Three small tokenizers are trained here, each on one family's settings; the fourth is the built-in
one. For every sample text the file `samples-<name>.json` holds what `tokenizers` answers. Running
the script again gives the same bytes.
"""

import json
import pathlib
import random

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

HERE = pathlib.Path(__file__).parent
ASSETS = HERE.parents[2] / "Assets"

CONTRACTIONS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
REST = r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
PATTERNS = {
    "gpt2": r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
    "llama3": CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|" + REST,
    "qwen2": CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}|" + REST,
}

MULTILINGUAL = """
Der Fuß der Straße, naïve façade, Ærøskøbing, İstanbul, cœur, ŝipo, Łódź, ĳssel, ǅ ﬁn ſtill
Привет, мир! Съешь же ещё этих мягких французских булок. Γειά σου Κόσμε, ὀξύς. Բարեւ
שלום עולם مرحبا بالعالم ١٢٣ नमस्ते दुनिया क्षत्रिय กำลังทดสอบ ሰላም 你好，世界。日本語のテスト カタカナ 한국어 시험
we're you've they'll I'd it's don't I'M YOU'RE WE'LL x'T 'tis o'clock ''' 'ſ
1 12 123 1234 12345 3.14159 ½ ² Ⅷ ४२ 1,000,000 0x1F 10^-6
if (x == 0) { return a[i] -> b; } // "quoted" `code` <tag attr='v'/> #hash $5 100% a_b~c|d\\e
😀 👩‍👩‍👧‍👦 🏳️‍🌈 👍🏽 🇫🇷 é vs é, ñ̃ Å Å, Z̷͛a̶l̴g̷o̵ ☕️ ™ © € ∀x∈ℝ
"""


def gar_sentences(generator, count):
    """Sentences like those of the benchmark, from the built-in vocabulary."""
    schemas = json.loads((ASSETS / "gar/vocabulary.json").read_text())["schemas"]
    groups = [s["groups"] for s in schemas.values() if isinstance(s.get("groups"), dict)]
    names = [m for g in groups for members in g.values() for m in members]
    lines = []
    for _ in range(count):
        a, b, c, d = (generator.choice(names) for _ in range(4))
        kind = generator.choice(["a kind of", "a city of", "a thing used for", "the"])
        lines.append(f"< {a} has {b}. {c} likes {d}. >. So {a} owns {kind} {b}. Answer: Yes")
        lines.append(f"The {b} is {a}'s. Can it be inferred that {c} doesn't have {d}?\n")
    return lines


def random_texts(generator, count):
    """Texts that put unlike things next to each other."""
    pools = [
        "abcxyz ABC",
        "   \t\n\r\n\u00a0\u2003\u3000\u0085\u2028\u000b",
        "0123456789٣४½²Ⅷ𝟘",
        "'\"<>.,;:!?()[]{}+-=*/\\|_@#$%^&~`",
        "äöüßéñçÅøłđπЖשم中文日本語한글",
        "\u0301\u0308\u0327\u093f\u0e31\u200d\ufe0f\u1100\u1161\u11a8",
        "😀👩👧🏽🇫🇷\U0001d11e\U0010ffff\ufffd\ue000",
        "\u0000\u0001\u001b\u007f\u200b\ufeff\u00ad",
        ["'s", "'LL", "'Re", "'ſ", " the", "\r\n", "  \n  ", "e\u0301", "A\u030a", "\u212b"],
        ["<s>", "</s>", "<|begin|>", "<|end|>", "<tool>", " <tool> ", "<strip>", "word", "ệ-token"],
    ]
    texts = []
    for _ in range(count):
        pieces = []
        for _ in range(generator.randint(1, 14)):
            pool = generator.choice(pools)
            pieces += [generator.choice(pool) for _ in range(generator.randint(1, 4))]
        texts.append("".join(pieces))
    return texts


FIXED = [
    "",
    " ",
    "a",
    "  leading and trailing  ",
    "tabs\tand\nnewlines\r\n\r\n  indented\n\n\nend ",
    "word wordword aword word. (word) word_ words",
    "x<strip>y  <strip>  z <strip><strip>",
    "<tool><tool> <tool>call</tool>",
    "<s>Mary</s><pad><|begin|>John<|end|><unk>",
    "ệ-token e\u0323\u0302-token \u1eb9\u0302-token",
    "a" * 200 + "b" * 99,
    "The quick brown fox 12345678 times",
    "Premise: < Mary has dog. John has apple. >. Can it be inferred from the premise that So Mary "
    "owns a kind of animal? Answer: Yes",
]


def added(content, **flags):
    names = ("single_word", "lstrip", "rstrip", "normalized", "special")
    return {"content": content, **{name: flags.get(name, False) for name in names}}


def trained(name, corpus):
    """A tokenizer.json, as a dictionary, trained on the corpus with one family's settings."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>" if name == "odd" else None))
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=name == "odd", use_regex=name == "odd")
    first = (
        pre_tokenizers.Digits(individual_digits=True)
        if name == "odd"
        else pre_tokenizers.Split(Regex(PATTERNS[name]), "isolated")
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([first, byte_level])
    tokenizer.decoder = decoders.ByteLevel()
    if name == "qwen2":
        tokenizer.normalizer = normalizers.NFC()
    alphabet = [] if name == "odd" else pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=900, initial_alphabet=alphabet, show_progress=False, min_frequency=2,
        special_tokens=["<unk>"] if name == "odd" else [],
    )
    tokenizer.train_from_iterator(corpus, trainer)
    return json.loads(tokenizer.to_str())


def completed(name, parts):
    """Adds what training does not set: added tokens, the post-processor, the merges' form."""
    vocabulary = parts["model"]["vocab"]
    tokens = [
        added("<|begin|>", special=True), added("<|end|>", special=True),
        added("<tool>", normalized=True), added("<strip>", lstrip=True, rstrip=True),
        added("word", single_word=True, normalized=name != "llama3"),
        added("ệ-token", normalized=True),
    ]
    first_id = max(vocabulary.values()) + 1
    parts["added_tokens"] += [{"id": first_id + i, **token} for i, token in enumerate(tokens)]
    begin, end = first_id, first_id + 1
    template = {
        "type": "TemplateProcessing",
        "single": [{"SpecialToken": {"id": "<|begin|>", "type_id": 0}},
                   {"Sequence": {"id": "A", "type_id": 0}}],
        "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
        "special_tokens": {"<|begin|>": {"id": "<|begin|>", "ids": [begin], "tokens": ["<|begin|>"]}},
    }
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False,
                  "use_regex": False}
    if name == "llama3":
        parts["post_processor"] = {"type": "Sequence", "processors": [byte_level, template]}
        parts["model"]["ignore_merges"] = True
        # Out of order, many pieces are out of the merges' reach, and ignore_merges shows.
        random.Random(3).shuffle(parts["model"]["merges"])
    elif name == "qwen2":
        parts["post_processor"] = byte_level
        parts["model"]["merges"] = [" ".join(pair) for pair in parts["model"]["merges"]]
    else:
        template["single"].append({"SpecialToken": {"id": "<|end|>", "type_id": 0}})
        template["special_tokens"]["<|end|>"] = {"id": "<|end|>", "ids": [end], "tokens": ["<|end|>"]}
        parts["post_processor"] = template
    return parts


def answer(tokenizer, text, parse_special):
    """Ids and ranges; BOS is added where special tokens are not parsed, so that both are seen."""
    tokenizer.encode_special_tokens = not parse_special
    encoding = tokenizer.encode(text, add_special_tokens=not parse_special)
    return {
        "ids": encoding.ids,
        "ranges": encoding.offsets,
        "decoded": tokenizer.decode(encoding.ids, skip_special_tokens=True),
    }


def write_samples(name, tokenizer, texts):
    samples = [
        {"text": text, "plain": answer(tokenizer, text, False),
         "parsed": answer(tokenizer, text, True)}
        for text in texts
    ]
    pieces = [
        {"id": i, "raw": tokenizer.id_to_token(i), "text": tokenizer.decode([i], skip_special_tokens=False)}
        for i in range(0, tokenizer.get_vocab_size(), 7)
    ]
    write(f"samples-{name}.json", {"samples": samples, "pieces": pieces})


def write_classes():
    """Every scalar that matches \\p{L}, \\p{N} or \\s in the reference's regex engine, as runs."""
    scalars = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]
    classes = {}
    for name, pattern in (("letter", r"\p{L}"), ("number", r"\p{N}"), ("space", r"\s")):
        split = pre_tokenizers.Split(Regex(pattern), "removed")
        runs = []
        for start in range(0, len(scalars), 4096):
            chunk = scalars[start:start + 4096]
            kept = [False] * len(chunk)
            for _, (low, high) in split.pre_tokenize_str("".join(map(chr, chunk))):
                kept[low:high] = [True] * (high - low)
            for scalar, other in zip(chunk, kept):
                if other:
                    continue
                if runs and runs[-1][1] == scalar:
                    runs[-1][1] = scalar + 1
                else:
                    runs.append([scalar, scalar + 1])
        classes[name] = runs
    write("classes.json", classes)


def write_words(texts):
    """The words that each pattern cuts the texts into, as the scalar offsets where they end."""
    words = {}
    for name, pattern in PATTERNS.items():
        split = pre_tokenizers.Split(Regex(pattern), "isolated")
        words[name] = {
            "pattern": pattern,
            "ends": [[end for _, (_, end) in split.pre_tokenize_str(text)] for text in texts],
        }
    write("words.json", {"texts": texts, "patterns": words})


def write(path, value):
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    (HERE / path).parent.mkdir(exist_ok=True)
    (HERE / path).write_text(text + "\n", encoding="utf-8")


def main():
    generator = random.Random(1)
    corpus = gar_sentences(generator, 300) + MULTILINGUAL.split("\n") * 3
    texts = FIXED + MULTILINGUAL.strip().split("\n") + gar_sentences(generator, 5)
    texts += random_texts(generator, 120)
    for name in ("llama3", "qwen2", "odd"):
        write(f"{name}/tokenizer.json", completed(name, trained(name, corpus)))
        write_samples(name, Tokenizer.from_file(str(HERE / name / "tokenizer.json")), texts)
    write_samples("built-in", Tokenizer.from_file(str(ASSETS / "model/tokenizer.json")), texts)
    write_classes()
    write_words(texts + random_texts(random.Random(2), 300))


if __name__ == "__main__":
    main()
