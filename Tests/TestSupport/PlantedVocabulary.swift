// The words of the statements that the planted model judges: tokens, embeddings and tokenizer.

import Assets
import Foundation
import GAR

/// Every word a token of its own, names and things with codes that tell them apart.
struct PlantedVocabulary {
  let names: [String]
  let things: [String]
  /// The pieces of the tokenizer, by id.
  let pieces: [String]

  /// "Premise: < John has dog. >. Answer with Yes or No. Can it be inferred from the premise that
  /// John owns dog? Answer:", as the pre-tokenizer cuts it; `Ġ` is the space before a word.
  private static let frame = [
    "<s>", "Premise", ":", "Ġ<", "Ġhas", ".", "Ġ>.", "ĠAnswer", "Ġwith", "ĠYes", "Ġor", "ĠNo",
    "ĠCan", "Ġit", "Ġbe", "Ġinferred", "Ġfrom", "Ġthe", "Ġpremise", "Ġthat", "Ġowns", "?",
  ]

  init() throws {
    let vocabulary = try Vocabulary(path: Assets.vocabulary)
    names = vocabulary[.genders].members
    things = vocabulary[.kinds].members
    pieces = Self.frame + (names + things).map { "Ġ" + $0 }
  }

  func id(_ piece: String) -> Int { pieces.firstIndex(of: piece) ?? 0 }

  /// What each token puts into the stream, `[V, D]`.
  func embedding(_ shape: LlamaShape) -> [Float] {
    var rows = [Float](repeating: 0, count: pieces.count * shape.dModel)
    func set(_ piece: String, _ slot: Slot, _ values: [Double]? = nil) {
      let start = id(piece) * shape.dModel + slot.start
      for (index, value) in (values ?? [slot.scale]).enumerated() {
        rows[start + index] = Float(value)
      }
    }
    for piece in pieces { set(piece, PlantedModel.one) }
    set("<s>", PlantedModel.isBOS)
    set(":", PlantedModel.isColon)
    set("Ġthat", PlantedModel.isThat)
    let codes = Self.codes(count: max(names.count, things.count))
    for (index, name) in names.enumerated() {
      set("Ġ" + name, PlantedModel.name, codes[index])
      set("Ġ" + name, PlantedModel.isName)
      if PlantedModel.isDistrusted(nameIndex: index) { set("Ġ" + name, PlantedModel.isDistrusted) }
      if PlantedModel.isRestless(nameIndex: index) { set("Ġ" + name, PlantedModel.isRestless) }
    }
    for (index, thing) in things.enumerated() {
      set("Ġ" + thing, PlantedModel.thing, codes[index])
      set("Ġ" + thing, PlantedModel.isThing)
    }
    return rows
  }

  /// Unit vectors of 24 signs, any two of which have a product between −1/3 and 1/3: they differ in
  /// 8 to 16 signs. Taken greedily in the order of their bits.
  static func codes(count: Int) -> [[Double]] {
    var words: [UInt32] = []
    var next: UInt32 = 0
    while words.count < count {
      if words.allSatisfy({ (8...16).contains(($0 ^ next).nonzeroBitCount) }) { words.append(next) }
      next += 1
    }
    let size = 1 / 24.0.squareRoot()
    return words.map { word in (0..<24).map { word >> $0 & 1 == 1 ? size : -size } }
  }

  /// Byte-level BPE without merges: a word that is a piece is taken whole.
  var tokenizer: String {
    let entries = pieces.enumerated().map { "\"\($1)\": \($0)" }.joined(separator: ", ")
    return """
      {"version": "1.0", "normalizer": null,
       "added_tokens": [{"id": 0, "content": "<s>", "special": true, "normalized": false,
         "single_word": false, "lstrip": false, "rstrip": false}],
       "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true,
         "use_regex": true},
       "post_processor": {"type": "TemplateProcessing",
         "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}},
           {"Sequence": {"id": "A", "type_id": 0}}],
         "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 0}}],
         "special_tokens": {"<s>": {"id": "<s>", "ids": [0], "tokens": ["<s>"]}}},
       "decoder": {"type": "ByteLevel"},
       "model": {"type": "BPE", "ignore_merges": true, "merges": [], "vocab": {\(entries)}}}
      """
  }
}
