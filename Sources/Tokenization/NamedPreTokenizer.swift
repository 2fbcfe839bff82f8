// The pre-tokenizers that GGUF files call by name, in `tokenizer.ggml.pre`.

/// A named pre-tokenizer, and what comes with its name and is written nowhere else.
///
/// To add one: a line in `all`, with a pattern that is known exactly.
///
/// Source: `llama_vocab::impl::load` of ggml-org/llama.cpp.
struct NamedPreTokenizer: Sendable {
  let steps: [PreTokenizer.Step]
  /// Whether a word that is itself a piece is taken whole.
  var ignoresMerges = false
  /// Whether BOS is added unless the file says otherwise.
  var addsBOS = false

  private static let gpt2 = NamedPreTokenizer(steps: [.pattern(.gpt2)])
  private static let llama3 = NamedPreTokenizer(
    steps: [.pattern(.cl100k(digits: 3))], ignoresMerges: true, addsBOS: true)
  private static let cl100k = NamedPreTokenizer(steps: [.pattern(.cl100k(digits: 3))])
  private static let qwen2 = NamedPreTokenizer(steps: [.pattern(.cl100k(digits: 1))])
  private static let starcoder = NamedPreTokenizer(
    steps: [.digits(individual: true), .pattern(.gpt2)])

  private static let all: [(names: [String], value: NamedPreTokenizer)] = [
    (
      [
        "gpt-2", "phi-2", "olmo", "mpt", "jais", "trillion", "exaone4", "modern-bert", "mellum",
        "a.x-4.0", "gigachat", "granite-docling",
      ], gpt2
    ),
    (["llama-bpe", "llama3", "llama-v3", "falcon3", "falcon-h1", "pixtral", "lfm2"], llama3),
    (["dbrx", "smaug-bpe", "glm4", "chatglm-bpe"], cl100k),
    (["qwen2", "deepseek-r1-qwen", "stablelm2", "megrez", "hunyuan", "solar-open"], qwen2),
    (
      ["smollm", "starcoder", "refact", "command-r", "codeshell", "exaone", "minerva-7b"],
      starcoder
    ),
  ]

  static func find(
    _ name: String, key: String, file: String
  ) throws(TokenizerError) -> NamedPreTokenizer {
    if let found = all.first(where: { $0.names.contains(name) }) { return found.value }
    throw .unsupported(part: key, found: name, known: all.flatMap(\.names), file: file)
  }
}
