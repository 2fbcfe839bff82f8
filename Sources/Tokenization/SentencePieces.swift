// A SentencePiece vocabulary as files list it, and the merges that its scores imply.

/// Pieces with their scores and kinds, by id.
struct SentencePieces {
  /// The kinds and their numbers, which `tokenizer.model` and GGUF share.
  enum Kind: Int, Sendable {
    case normal = 1, unknown, control, userDefined, unused, byte

    /// Whether merges can make it. Controls and bytes never come from the text of their names.
    var isMergeable: Bool { self == .normal || self == .userDefined || self == .unused }
  }

  /// An empty piece is an id without a token.
  var pieces: [String] = []
  var scores: [Float] = []
  var kinds: [Kind] = []
  let file: String

  /// Pieces and ids, those of every kind.
  /// - Throws: `duplicatePiece`; `countMismatch` for more pieces than ids.
  func vocabulary() throws(TokenizerError) -> Vocabulary {
    guard pieces.count < Int(Int32.max) / 2 else {
      throw .countMismatch(
        key: "its list of pieces", found: pieces.count, expected: Int(Int32.max) / 2, file: file)
    }
    var vocabulary = Vocabulary()
    vocabulary.reserve(pieces.count)
    for (id, piece) in pieces.enumerated() where !piece.isEmpty {
      do throws(Vocabulary.Conflict) {
        try vocabulary.insert(piece, id: id)
      } catch {
        throw .duplicatePiece(piece: piece, file: file)
      }
    }
    vocabulary.extend(to: pieces.count)
    return vocabulary
  }

  /// Tokens that are found in the text before it is merged.
  /// - Parameter userDefinedAreNormalized: whether user-defined pieces are looked for in the
  ///   normalized text, where `▁` stands for a space.
  /// - Returns: control and unknown pieces, which are special, and user-defined ones.
  func addedTokens(userDefinedAreNormalized: Bool) -> [AddedToken] {
    pieces.indices.compactMap { id in
      switch kinds[id] {
      case .control, .unknown:
        AddedToken(id: Int32(id), content: pieces[id], isSpecial: true)
      case .userDefined:
        AddedToken(
          id: Int32(id), content: pieces[id], isSpecial: false,
          isNormalized: userDefinedAreNormalized)
      default: nil
      }
    }
  }

  /// Finding every way to make a piece takes the square of its length; none in use has 100 bytes.
  private static let longestMerged = 1024

  /// The algorithm that merges by score, best first.
  /// - Throws: `invalidPiece` for one too long to be made by merges.
  func algorithm(
    _ vocabulary: Vocabulary, unknownID: Int32?
  ) throws(TokenizerError) -> SentencePieceBPE {
    for (id, piece) in pieces.enumerated() where piece.utf8.count > Self.longestMerged {
      throw .invalidPiece(
        id: id, reason: "has \(piece.utf8.count) bytes, more than \(Self.longestMerged)",
        file: file)
    }
    let characters = characterTable()
    let unused = Set(pieces.indices.filter { kinds[$0] == .unused }.map { Int32($0) })
    return SentencePieceBPE(
      merges: mergeTable(vocabulary, characters), characters: characters, byteIDs: byteIDs(),
      unknownID: unknownID, fusesUnknown: true, unusedIDs: unused,
      pieceLimit: Int32(pieces.count), metaspace: nil, wholeWords: nil,
      splitsAtSpaces: unused.isEmpty
        && characters.isPiece(SentencePieceBPE.space, limit: pieces.count)
        && !mergeable.contains(where: SentencePieceBPE.hasInnerSpace))
  }

  /// The pieces that merges can make.
  private var mergeable: some Sequence<String> {
    pieces.indices.lazy.filter { kinds[$0].isMergeable }.map { pieces[$0] }
  }

  private func byteIDs() -> [Int32] {
    var ids = [Int32](repeating: -1, count: 256)
    for (id, piece) in pieces.enumerated() where kinds[id] == .byte {
      if let byte = SentencePieceBPE.byte(spelled: piece) { ids[Int(byte)] = Int32(id) }
    }
    return ids.contains { $0 >= 0 } ? ids : []
  }

  private func characterTable() -> CharacterTable {
    var table = CharacterTable()
    for (id, piece) in pieces.enumerated() where kinds[id].isMergeable {
      let scalars = piece.unicodeScalars
      if let first = scalars.first, scalars.count == 1 { table[first] = Int32(id) }
    }
    var next = Int32(pieces.count)
    for (id, piece) in pieces.enumerated() where kinds[id].isMergeable {
      for scalar in piece.unicodeScalars where table[scalar] == CharacterTable.outside {
        table[scalar] = next
        next += 1
      }
    }
    return table
  }

  /// Every way in which two pieces, or characters, make a third; the rank is the place of its score.
  private func mergeTable(_ vocabulary: Vocabulary, _ characters: CharacterTable) -> MergeTable {
    let ranks = scoreRanks()
    var merges: [(left: Int32, right: Int32, id: Int32)] = []
    func id(_ bytes: UnsafeBufferPointer<UInt8>) -> Int32? {
      guard let id = vocabulary.id(ofUTF8: bytes), kinds[Int(id)].isMergeable else { return nil }
      return id
    }
    for (whole, piece) in pieces.enumerated() where kinds[whole].isMergeable {
      var piece = piece
      let scalars = Array(piece.unicodeScalars)
      guard scalars.count > 1 else { continue }
      piece.withUTF8 { bytes in
        var middle = 0
        for (index, scalar) in scalars.dropLast().enumerated() {
          middle += UTF8.width(scalar)
          let isFirst = index == 0
          let isLast = index == scalars.count - 2
          let left =
            isFirst ? characters[scalar] : id(UnsafeBufferPointer(rebasing: bytes[..<middle]))
          guard let left else { continue }
          let right =
            isLast
            ? characters[scalars[index + 1]] : id(UnsafeBufferPointer(rebasing: bytes[middle...]))
          guard let right else { continue }
          merges.append((left, right, Int32(whole)))
        }
      }
    }
    var table = MergeTable(capacity: merges.count)
    for merge in merges {
      table.insert(merge.left, merge.right, .init(rank: ranks[Int(merge.id)], id: merge.id))
    }
    return table
  }

  /// The place of each piece's score among all scores, highest first; equal scores share a place.
  private func scoreRanks() -> [UInt32] {
    let order = scores.indices.sorted { scores[$0] > scores[$1] }
    var ranks = [UInt32](repeating: 0, count: scores.count)
    var rank: UInt32 = 0
    for (place, id) in order.enumerated() {
      if place > 0, scores[id] != scores[order[place - 1]] { rank += 1 }
      ranks[id] = rank
    }
    return ranks
  }
}
