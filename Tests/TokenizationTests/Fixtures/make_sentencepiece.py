"""Writes the SentencePiece models, the GGUF vocabularies and their reference ids.

Usage: python make_sentencepiece.py    (needs tokenizers == 0.23.3, sentencepiece == 0.2.3,
                                        transformers == 5.23.0, gguf == 0.19.0; writes beside itself)

Two small SentencePiece models are trained here. transformers turns the first into a tokenizer.json,
whose settings are varied as Llama-2, Llama with `legacy` off, and Gemma have them, and the gguf
package writes it as GGUF, as llama.cpp's converter does. Two byte-level tokenizers become GGUF too.
`vocabularies/texts.json` holds the sample texts, `vocabularies/ids-<name>.json` what the reference
answers. Running the script again gives the same bytes.
"""

import json
import os
import random
import sys
import tempfile
import unicodedata

import gguf
import sentencepiece
from sentencepiece import sentencepiece_model_pb2
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import AutoTokenizer

from make_fixtures import HERE, MULTILINGUAL, Regex, PATTERNS, gar_sentences, random_texts

OUT = HERE / "vocabularies"
CATEGORIES = (
    "Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So Zs Zl Zp Cc Cf Co Cn".split()
)
NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = range(1, 7)


def category_texts(generator, count):
    """Texts around the characters of one general category, `count` for each category."""
    scalars = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]
    members = {name: [] for name in CATEGORIES}
    for scalar in scalars:
        members[unicodedata.category(chr(scalar))].append(chr(scalar))
    texts = []
    for name in CATEGORIES:
        # The last planes are nearly empty: half of the choices come from the first characters.
        pools = [members[name][:200], members[name]]
        for _ in range(count):
            parts = []
            for _ in range(generator.randint(1, 6)):
                parts.append("".join(
                    generator.choice(generator.choice(pools))
                    for _ in range(generator.randint(1, 3))))
                parts.append(generator.choice(["", "", " ", "  ", "a", "Mary has", "1", "\n", "e"]))
            texts.append("".join(parts))
    return texts


def emoji_texts(generator, count):
    """Joined, coloured, flagged and keycap emoji."""
    parts = ["😀", "👩", "\u200d", "👧", "🏽", "🇫", "🇷", "\ufe0f", "❤", "🏳", "🌈", "1\ufe0f\u20e3", " ", "ok",
             "\U000e0067", "👍🏿", "👩\u200d💻", "  "]
    return ["".join(generator.choice(parts) for _ in range(generator.randint(1, 9)))
            for _ in range(count)]


def sample_texts():
    generator = random.Random(11)
    texts = ["", " ", "  ", "\u2581", " \u2581a", "a\u2581b", "<s>", "</s> x", "a<tool>b <tool>", "<ctl>",
             "<0x41><0x0A>", "    four", "x" * 300, "\x00", "\ufffd", "\n\n", "a" + " " * 40 + "b"]
    texts += gar_sentences(generator, 60) + MULTILINGUAL.strip().split("\n")
    texts += random_texts(generator, 250) + emoji_texts(generator, 120)
    texts += category_texts(generator, 60)
    generator.shuffle(texts)
    return texts


def train(name, corpus, **settings):
    """A trained model as a message of sentencepiece_model.proto."""
    with tempfile.TemporaryDirectory() as folder:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(corpus), model_prefix=f"{folder}/m", model_type="bpe",
            normalization_rule_name="identity", num_threads=1, minloglevel=2, **settings)
        model = sentencepiece_model_pb2.ModelProto()
        model.ParseFromString(open(f"{folder}/m.model", "rb").read())
    model.trainer_spec.model_prefix = name
    return model


def llama_like(corpus):
    return train(
        "llama", corpus, vocab_size=1200, byte_fallback=True, character_coverage=0.999,
        remove_extra_whitespaces=False, split_digits=True, allow_whitespace_only_pieces=True,
        user_defined_symbols=["<tool>", "\u2581\u2581\u2581\u2581"], control_symbols=["<ctl>"])


def plain(corpus):
    """No byte fallback, extra white space removed, and common pieces that are unused."""
    model = train("plain", corpus, vocab_size=700, character_coverage=0.99)
    for piece in model.pieces:
        if piece.piece in ("▁has", "▁like", "er", "▁in", "an"):
            piece.type = UNUSED
    return model


def json_of(model):
    """What transformers makes of a tokenizer.model, with Llama's post-processor."""
    with tempfile.TemporaryDirectory() as folder:
        open(f"{folder}/tokenizer.model", "wb").write(model.SerializeToString())
        config = {"tokenizer_class": "LlamaTokenizer", "bos_token": "<s>", "eos_token": "</s>",
                  "unk_token": "<unk>"}
        json.dump(config, open(f"{folder}/tokenizer_config.json", "w"))
        AutoTokenizer.from_pretrained(folder).save_pretrained(folder)
        parts = json.load(open(f"{folder}/tokenizer.json"))
    parts["post_processor"] = {
        "type": "TemplateProcessing",
        "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}},
                   {"Sequence": {"id": "A", "type_id": 0}}],
        "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
        "special_tokens": {"<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]}},
    }
    return parts


def variant(name, parts):
    parts = json.loads(json.dumps(parts))
    replace = {"type": "Replace", "pattern": {"String": " "}, "content": "\u2581"}
    metaspace = {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "first", "split": False}
    if name == "json-llama":
        parts["normalizer"] = {
            "type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "\u2581"}, replace]}
        parts["pre_tokenizer"] = None
    elif name == "json-first":
        parts["pre_tokenizer"] = metaspace
    elif name == "json-gemma":
        parts["normalizer"] = replace
        parts["pre_tokenizer"] = {"type": "Split", "pattern": {"String": " "},
                                  "behavior": "MergedWithPrevious", "invert": False}
        parts["decoder"]["decoders"].pop()
    elif name == "json-split":
        # Cut at every space, without byte fallback, so that unknown characters show.
        parts["pre_tokenizer"] = dict(metaspace, prepend_scheme="always", split=True)
        parts["model"].update(byte_fallback=False, unk_token="<unk>", fuse_unk=True)
        parts["decoder"] = {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always", "split": True}
    return parts


def writer_for(name):
    writer = gguf.GGUFWriter(str(OUT / f"{name}.gguf"), "llama")
    writer.add_name(name)
    return writer


def finish(writer):
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()


def write_sentencepiece_gguf(name, model):
    """As llama.cpp's converter writes it: user-defined pieces with spaces in place of `▁`."""
    writer = writer_for(name)
    writer.add_tokenizer_model("llama")
    writer.add_tokenizer_pre("default")
    pieces = [p.piece.replace("\u2581", " ") if p.type == USER_DEFINED else p.piece
              for p in model.pieces]
    writer.add_token_list([piece.encode() for piece in pieces])
    writer.add_token_scores([p.score for p in model.pieces])
    writer.add_token_types([p.type for p in model.pieces])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    writer.add_add_bos_token(True)
    writer.add_add_eos_token(False)
    finish(writer)


def byte_level(name, corpus):
    """A byte-level tokenizer with the splitting of the GGUF pre-tokenizer of that name."""
    tokenizer = Tokenizer(models.BPE())
    by_regex = name == "smollm"
    first = (pre_tokenizers.Digits(individual_digits=True) if by_regex
             else pre_tokenizers.Split(Regex(PATTERNS["llama3"]), "isolated"))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [first, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=by_regex)])
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(corpus, trainers.BpeTrainer(
        vocab_size=800, initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False, min_frequency=2))
    parts = json.loads(tokenizer.to_str())
    if name == "llama-bpe":
        parts["model"]["ignore_merges"] = True
        # Out of order, many pieces are out of the merges' reach, and taking words whole shows.
        random.Random(3).shuffle(parts["model"]["merges"])
    first_id = len(parts["model"]["vocab"])
    flags = dict(single_word=False, lstrip=False, rstrip=False, normalized=False)
    parts["added_tokens"] = [
        {"id": first_id, "content": "<s>", "special": True, **flags},
        {"id": first_id + 1, "content": "<tool>", "special": False, **flags}]
    return parts


def write_byte_level_gguf(name, parts):
    writer = writer_for(name)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(name)
    vocabulary = parts["model"]["vocab"]
    pieces = sorted(vocabulary, key=vocabulary.get) + [t["content"] for t in parts["added_tokens"]]
    writer.add_token_list(pieces)
    writer.add_token_types([NORMAL] * len(vocabulary) + [CONTROL, USER_DEFINED])
    writer.add_token_merges([" ".join(pair) for pair in parts["model"]["merges"]])
    writer.add_bos_token_id(len(vocabulary))
    finish(writer)


def write_ids(name, answers):
    """`answers` gives, for a text, ids and, or None, ranges, with special tokens parsed or not."""
    texts = json.loads((OUT / "texts.json").read_text())
    plain_answers = [answers(text, False) for text in texts]
    parsed = [answers(text, True) for text in texts[:400]]
    value = {"ids": [a[0] for a in plain_answers]}
    if plain_answers[0][1] is not None:
        value["ranges"] = [[n for pair in a[1] for n in pair] for a in plain_answers[:500]]
    if parsed[0] is not None:
        value["parsed"] = [a[0] for a in parsed]
    write(f"ids-{name}.json", value)


def tokenizers_answers(parts):
    tokenizer = Tokenizer.from_str(json.dumps(parts))

    def answers(text, parses_special):
        tokenizer.encode_special_tokens = not parses_special
        encoding = tokenizer.encode(text, add_special_tokens=False)
        return encoding.ids, encoding.offsets

    return answers


def sentencepiece_answers(model):
    processor = sentencepiece.SentencePieceProcessor(model_proto=model.SerializeToString())
    return lambda text, parses_special: None if parses_special else (processor.encode(text), None)


def write(path, value):
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    (OUT / path).write_text(text + "\n", encoding="utf-8")


def main():
    OUT.mkdir(exist_ok=True)
    generator = random.Random(1)
    corpus = gar_sentences(generator, 300) + MULTILINGUAL.split("\n") * 3
    corpus = [line.strip("\n") for line in corpus if line.strip()]
    write("texts.json", sample_texts())
    for name, model in (("llama", llama_like(corpus)), ("plain", plain(corpus))):
        (OUT / name).mkdir(exist_ok=True)
        (OUT / name / "tokenizer.model").write_bytes(model.SerializeToString())
        write_ids(name, sentencepiece_answers(model))
        if name == "llama":
            write_sentencepiece_gguf("llama-spm", model)
            parts = json_of(model)
    for name in ("json-llama", "json-first", "json-gemma", "json-split"):
        write(f"{name}.json", variant(name, parts))
        write_ids(name, tokenizers_answers(variant(name, parts)))
    for name in ("llama-bpe", "smollm"):
        parts = byte_level(name, corpus)
        write_byte_level_gguf(name, parts)
        write_ids(name, tokenizers_answers(parts))


if __name__ == "__main__":
    sys.exit(main())
