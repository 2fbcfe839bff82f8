// 100,000 generated texts through every vocabulary at hand: what goes in comes back.

import Assets
import GAR
import TestSupport
import Testing
import Tokenization

/// Texts from a seed: every general category, emoji, combining marks, controls, runs of spaces,
/// digits, mixed scripts and generated items.
private struct GeneratedTexts {
  private var random: SeededGenerator
  private let categories: [[Unicode.Scalar]]
  private let items: [Item]

  private static let words: [String] = [
    " ", "  ", "     ", "\t", "\n", "\r\n", "\u{2581}", "1", "2026", "½", "٣", "the", " dog",
    "Mary", "'s", "<s>", "<0x0A>", "e\u{301}", "a\u{327}\u{301}", "한국", "नमस्ते", "Привет", "你好",
    "😀", "👩\u{200D}👩\u{200D}👧", "🇫🇷", "👍🏽", "❤\u{FE0F}", "1\u{FE0F}\u{20E3}", "\u{0}", "\u{1B}[0m",
    "\u{FFFD}",
  ]

  init(seed: UInt64) throws {
    random = SeededGenerator(seed: seed)
    var byCategory: [Unicode.GeneralCategory: [Unicode.Scalar]] = [:]
    for value in UInt32(0)..<0x110000 {
      guard let scalar = Unicode.Scalar(value) else { continue }  // a surrogate
      byCategory[scalar.properties.generalCategory, default: []].append(scalar)
    }
    categories = byCategory.values.sorted { $0[0] < $1[0] }
    var settings = GenerationSettings()
    settings.count = 2000
    settings.seed = seed
    items = try ItemGenerator(
      vocabulary: Vocabulary(path: Assets.vocabulary), settings: settings
    ).items()
  }

  var categoryCount: Int { categories.count }

  mutating func next(_ index: Int) -> String {
    if index % 50 == 0 { return items[index / 50 % items.count].text }
    var text = String.UnicodeScalarView()
    for _ in 0..<Int.random(in: 0...6, using: &random) {
      if Bool.random(using: &random) {
        text.append(contentsOf: (Self.words.randomElement(using: &random) ?? "").unicodeScalars)
      } else {
        let category = categories[Int.random(in: 0..<categories.count, using: &random)]
        // Half from the first characters, since the last planes are nearly empty.
        let count = Bool.random(using: &random) ? min(category.count, 100) : category.count
        for _ in 0..<Int.random(in: 1...3, using: &random) {
          text.append(category[Int.random(in: 0..<count, using: &random)])
        }
      }
    }
    return String(text)
  }
}

private let published = ["llama-spm", "llama-bpe", "gpt-2", "qwen2", "gpt-neox"]
private let arePresent = published.allSatisfy { sharedVocabulary($0) != nil }

private let generatedTexts = Result {
  var generator = try GeneratedTexts(seed: 2026)
  #expect(generator.categoryCount == 29)  // all but surrogates
  return (0..<100_000).map { generator.next($0) }
}

/// What an encoding cannot keep.
private enum Loss: Sendable {
  case none
  /// SentencePiece cannot tell `▁` in a text from a space.
  case spaceMarks
  /// And neither a space at the start from the one that is put there.
  case firstSpace

  /// The text as it comes back.
  func applied(to text: String) -> String {
    if self == .none { return text }
    let spaced = withSpaces(text).unicodeScalars
    let lost = self == .firstSpace && spaced.first == " " ? 1 : 0
    return String(String.UnicodeScalarView(spaced.dropFirst(lost)))
  }
}

private func checkRoundTrips(
  _ tokenizer: Tokenizer, _ loss: Loss, except isExcepted: (String) -> Bool = { _ in false }
) throws {
  let texts = try generatedTexts.get()
  #expect(texts.count == 100_000)
  for text in texts where !isExcepted(text) {
    let encoding = tokenizer.encode(text, addBOS: false)
    if !sameScalars(tokenizer.decode(encoding.ids), loss.applied(to: text)) {
      Issue.record("\(text.debugDescription) came back changed")
    }
    var end = 0
    for range in encoding.ranges {
      if range.lowerBound > end || range.isEmpty {
        Issue.record("\(text.debugDescription): ranges \(encoding.ranges)")
      }
      end = max(end, range.upperBound)
    }
    if end != text.unicodeScalars.count {
      Issue.record("\(text.debugDescription): ranges end at \(end)")
    }
  }
}

@Suite struct ManyTextsTests {
  @Test(arguments: ["llama", "json-llama.json", "json-gemma.json"])
  func smallSentencePieceVocabulariesRestoreEveryText(name: String) throws {
    try checkRoundTrips(try smallTokenizer(name), .spaceMarks)
  }

  @Test func metaspaceTakesASpaceAtTheStartForItsOwn() throws {
    try checkRoundTrips(try smallTokenizer("json-first.json"), .firstSpace)
  }

  /// Its user-defined piece of four spaces gets a space after it, as in llama.cpp.
  @Test func convertedVocabularyRestoresEveryText() throws {
    try checkRoundTrips(try smallTokenizer("llama-spm.gguf"), .spaceMarks) { text in
      Array(text.unicodeScalars).contains("    ".unicodeScalars)
    }
  }

  @Test(arguments: ["llama-bpe.gguf", "smollm.gguf"])
  func smallByteLevelVocabulariesRestoreEveryText(name: String) throws {
    try checkRoundTrips(try smallTokenizer(name), .none)
  }

  @Test(
    .enabled(if: arePresent, "../shared/tokenizers is absent"), arguments: published)
  func publishedVocabulariesRestoreEveryText(name: String) throws {
    let path = try #require(sharedVocabulary(name))
    try checkRoundTrips(
      try Tokenizer.load(path: path), name == "llama-spm" ? .spaceMarks : .none)
  }
}
