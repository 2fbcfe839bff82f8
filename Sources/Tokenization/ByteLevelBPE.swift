// Byte-level byte-pair encoding, the algorithm of GPT-2, Llama-3, Qwen2 and the built-in model.

/// How a stretch of text becomes tokens and a token becomes bytes.
protocol TokenizationAlgorithm: Sendable {
  /// Appends the tokens of a stretch of text that holds no added token.
  func encode(_ text: AlignedText, into encoding: inout Encoding)
  /// Appends the bytes that a piece of the vocabulary stands for.
  func appendBytes(of piece: String, to bytes: inout [UInt8])
  /// Appends the bytes that an added token stands for.
  func appendBytes(ofAdded piece: String, to bytes: inout [UInt8])
}

/// Merges the bytes of each word, lowest rank first and leftmost among equals.
///
/// Source: `models/bpe` of huggingface/tokenizers. A byte that the vocabulary lacks becomes the
/// unknown token, or nothing where the model has none, as there.
struct ByteLevelBPE: TokenizationAlgorithm {
  let preTokenizer: PreTokenizer
  let vocabulary: Vocabulary
  let merges: MergeTable
  /// Whether a word that is itself a piece is taken whole, whatever the merges say.
  let ignoresMerges: Bool
  let unknownID: Int32?
  /// The id of each byte on its own; -1 where the vocabulary lacks it.
  private let byteIDs: [Int32]

  init(
    preTokenizer: PreTokenizer, vocabulary: Vocabulary, merges: MergeTable, ignoresMerges: Bool,
    unknownID: Int32?
  ) {
    self.preTokenizer = preTokenizer
    self.vocabulary = vocabulary
    self.merges = merges
    self.ignoresMerges = ignoresMerges
    self.unknownID = unknownID
    byteIDs = ByteAlphabet.characters.map { vocabulary.id(of: String($0)) ?? unknownID ?? -1 }
  }

  func encode(_ text: AlignedText, into encoding: inout Encoding) {
    var chain = MergeChain()
    for word in preTokenizer.words(text) { encode(word: word, with: &chain, into: &encoding) }
  }

  func appendBytes(of piece: String, to bytes: inout [UInt8]) {
    ByteAlphabet.appendBytes(of: piece, to: &bytes)
  }

  func appendBytes(ofAdded piece: String, to bytes: inout [UInt8]) {
    bytes.append(contentsOf: piece.utf8)
  }

  private func encode(
    word: AlignedText, with chain: inout MergeChain, into encoding: inout Encoding
  ) {
    var bytes: [UInt8] = []
    var scalarOfByte: [Int] = []
    for (index, scalar) in word.scalars.enumerated() {
      for byte in UTF8.encode(scalar) ?? .init() {
        bytes.append(byte)
        scalarOfByte.append(index)
      }
    }
    if ignoresMerges, let id = wholeWordID(bytes) {
      encoding.append(id, word.origin(0..<word.count))
      return
    }
    chain.removeAll()
    for (index, byte) in bytes.enumerated() where byteIDs[Int(byte)] >= 0 {
      chain.append(byteIDs[Int(byte)], span: index..<index + 1)
    }
    chain.mergeAll(merges)
    chain.forEachToken { id, span in
      let scalars = scalarOfByte[span.lowerBound]..<scalarOfByte[span.upperBound - 1] + 1
      encoding.append(id, word.origin(scalars))
    }
  }

  private func wholeWordID(_ bytes: [UInt8]) -> Int32? {
    var spelling = String.UnicodeScalarView()
    for byte in bytes { spelling.append(ByteAlphabet.characters[Int(byte)]) }
    return vocabulary.id(of: String(spelling))
  }
}
