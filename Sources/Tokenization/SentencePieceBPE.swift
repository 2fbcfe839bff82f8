// Byte-pair encoding over characters with `▁` for spaces: Llama-2, Vicuna, Mistral, Gemma, Phi-3.

/// SentencePiece's algorithm: merges the characters of a text, best merge first and leftmost among
/// equals; a character that the vocabulary lacks becomes its bytes, `<0x00>` to `<0xFF>`, or the
/// unknown token.
///
/// The normalizer has put `▁` in place of spaces before, and user-defined pieces have been cut out.
///
/// Source: `bpe_model.cc` of google/sentencepiece, and `models/bpe` with `byte_fallback` of
/// huggingface/tokenizers. They differ only in which merges there are (`MergeTable`).
struct SentencePieceBPE: TokenizationAlgorithm {
  let merges: MergeTable
  let characters: CharacterTable
  /// The id of each byte's piece; empty where the model has no byte fallback.
  let byteIDs: [Int32]
  let unknownID: Int32?
  /// Whether neighbouring unknown characters become one unknown token.
  let fusesUnknown: Bool
  /// Ids of pieces that may be steps of a merge but never tokens.
  let unusedIDs: Set<Int32>
  /// The highest id + 1 that may be a token.
  let pieceLimit: Int32
  let metaspace: Metaspace?
  let wholeWords: Vocabulary?
  /// Whether a text may be cut before each run of `▁` without a change to its tokens.
  let splitsAtSpaces: Bool

  func encode(_ text: AlignedText, into encoding: inout Encoding) {
    let text = metaspace?.apply(text) ?? text
    var chain = MergeChain()
    chain.recordsSplits = !unusedIDs.isEmpty
    var start = 0
    while start < text.count {
      let end = wordEnd(text.scalars, start)
      encode(text, start..<end, with: &chain, into: &encoding)
      start = end
    }
  }

  func appendBytes(of piece: String, to bytes: inout [UInt8]) {
    if !byteIDs.isEmpty, let byte = Self.byte(spelled: piece) {
      bytes.append(byte)
    } else {
      Self.appendText(of: piece, to: &bytes)
    }
  }

  func appendBytes(ofAdded piece: String, to bytes: inout [UInt8]) {
    Self.appendText(of: piece, to: &bytes)
  }

  private static func appendText(of piece: String, to bytes: inout [UInt8]) {
    for scalar in piece.unicodeScalars {
      if scalar == Self.space {
        bytes.append(0x20)
      } else {
        bytes += UTF8.encode(scalar) ?? .init()
      }
    }
  }

  /// `▁`, U+2581, which stands for a space.
  static let space: Unicode.Scalar = "\u{2581}"

  /// Whether a piece holds `▁` after another character, so that words do not end where `▁` stands.
  static func hasInnerSpace(_ piece: String) -> Bool {
    piece.unicodeScalars.drop { $0 == space }.contains(space)
  }

  /// The byte that a piece such as `<0x0A>` stands for.
  static func byte(spelled piece: String) -> UInt8? {
    guard piece.utf8.count == 6, piece.hasPrefix("<0x"), piece.hasSuffix(">") else { return nil }
    let digits = piece.dropFirst(3).dropLast()
    return digits.allSatisfy(\.isHexDigit) ? UInt8(digits, radix: 16) : nil
  }
}

extension SentencePieceBPE {
  private func wordEnd(_ scalars: [Unicode.Scalar], _ start: Int) -> Int {
    if metaspace?.splits == true {
      // Each `▁` begins a word, even one that follows another.
      return scalars[(start + 1)...].firstIndex(of: Self.space) ?? scalars.count
    }
    guard splitsAtSpaces else { return scalars.count }
    var end = start + 1
    while end < scalars.count, scalars[end] != Self.space || scalars[end - 1] == Self.space {
      end += 1
    }
    return end
  }

  private func encode(
    _ text: AlignedText, _ word: Range<Int>, with chain: inout MergeChain,
    into encoding: inout Encoding
  ) {
    if let wholeWords {
      let spelling = String(String.UnicodeScalarView(text.scalars[word]))
      if let id = wholeWords.id(of: spelling) {
        encoding.append(id, text.origin(word))
        return
      }
    }
    chain.removeAll()
    for index in word {
      chain.append(characters[text.scalars[index]], span: index..<index + 1)
    }
    chain.mergeAll(merges)
    var writer = PieceWriter(model: self, text: text, splits: chain.splits)
    chain.forEachToken { id, span in writer.append(id, span, to: &encoding) }
    writer.finish(&encoding)
  }
}

/// Writes merged tokens as ids of the vocabulary.
private struct PieceWriter {
  let model: SentencePieceBPE
  let text: AlignedText
  let splits: [Int32: MergeChain.Split]
  /// Unknown characters that are not yet written, since the next may join them.
  private var unknown: Range<Int>?

  init(model: SentencePieceBPE, text: AlignedText, splits: [Int32: MergeChain.Split]) {
    (self.model, self.text, self.splits) = (model, text, splits)
  }

  /// Writes a piece, the parts of an unused piece, or what stands for an unknown character.
  mutating func append(_ id: Int32, _ span: Range<Int>, to encoding: inout Encoding) {
    if id >= model.pieceLimit {
      if !appendBytes(span.lowerBound, to: &encoding) { joinUnknown(span, &encoding) }
    } else if model.unusedIDs.contains(id), let split = splits[id] {
      let middle = span.lowerBound + split.leftCount
      append(split.left, span.lowerBound..<middle, to: &encoding)
      append(split.right, middle..<span.upperBound, to: &encoding)
    } else {
      finish(&encoding)
      encoding.append(id, text.origin(span))
    }
  }

  /// Writes the unknown characters that wait.
  mutating func finish(_ encoding: inout Encoding) {
    if let run = unknown, let id = model.unknownID { encoding.append(id, text.origin(run)) }
    unknown = nil
  }

  /// Writes the bytes of a character, each with the whole character as its range. A vocabulary may
  /// lack some of the bytes; a character that has one of those is unknown.
  private mutating func appendBytes(_ index: Int, to encoding: inout Encoding) -> Bool {
    guard !model.byteIDs.isEmpty, let bytes = UTF8.encode(text.scalars[index]),
      bytes.allSatisfy({ model.byteIDs[Int($0)] >= 0 })
    else { return false }
    finish(&encoding)
    for byte in bytes { encoding.append(model.byteIDs[Int(byte)], text.origins[index]) }
    return true
  }

  private mutating func joinUnknown(_ span: Range<Int>, _ encoding: inout Encoding) {
    if let run = unknown, model.fusesUnknown {
      unknown = run.lowerBound..<span.upperBound
    } else {
      finish(&encoding)
      unknown = span
    }
  }
}

/// The id of each character: a piece of its own, or a number beyond the pieces for a character that
/// is only a part of pieces, which can be merged all the same.
struct CharacterTable: Sendable {
  /// Stands for every character that no piece holds; no merge has it.
  static let outside = Int32.max
  /// The ids of characters below U+3000, which hold most scripts and `▁`.
  private var low = [Int32](repeating: outside, count: 0x3000)
  private var high: [UInt32: Int32] = [:]

  /// Whether the character is itself a piece, of `limit` pieces.
  func isPiece(_ scalar: Unicode.Scalar, limit: Int) -> Bool { self[scalar] < Int32(limit) }

  subscript(scalar: Unicode.Scalar) -> Int32 {
    get {
      scalar.value < 0x3000
        ? low[Int(scalar.value)] : high[scalar.value, default: Self.outside]
    }
    set {
      if scalar.value < 0x3000 {
        low[Int(scalar.value)] = newValue
      } else {
        high[scalar.value] = newValue
      }
    }
  }
}
