// A written model with generated statements, and what the search finds in it.

import Assets
import Engine
import GAR
import Interpretability
import TestSupport
import Testing
import Tokenization

struct PlantedFinding: Sendable {
  /// Keeps the model's files.
  let directory: TemporaryDirectory
  let model: Model
  let items: [TokenizedItem]
  let pairs: [StatementPair]
  let classes: HeadClasses

  init(_ directory: TemporaryDirectory, pairCount: Int, seed: UInt64 = 1) throws {
    self.directory = directory
    model = try Model.load(directory.path)
    items = try Self.items(directory, pairCount: pairCount, seed: seed)
    pairs = StatementPair.pairs(in: items)
    classes = try model.classifyHeads(pairs, labels: questionLabels(of: items))
  }

  /// The planted model and 100 pairs, in which every name is asked about twice.
  static func planted() throws -> PlantedFinding { try shared.get() }

  private static let shared = Result {
    try PlantedFinding(try PlantedModel.write(), pairCount: 100)
  }

  private static func items(
    _ directory: TemporaryDirectory, pairCount: Int, seed: UInt64
  ) throws -> [TokenizedItem] {
    var settings = GenerationSettings.statementPairs(pairCount, seed: seed)
    settings.tasks = [PlantedModel.task]
    let tokenizer = try Tokenizer.load(path: directory.path)
    let generator = ItemGenerator(
      vocabulary: try Vocabulary(path: Assets.vocabulary), settings: settings)
    return try generator.items().map { try TokenizedItem($0, tokenizer: tokenizer) }
  }

  /// The share of pairs that ask about a name for which the distrustful head says No.
  func distrustedShare() throws -> Double {
    let names = try Vocabulary(path: Assets.vocabulary)[.genders].members
    let distrusted = items.filter { item in
      names.firstIndex(of: item.item.row.query).map(PlantedModel.isDistrusted) ?? false
    }
    return Double(distrusted.count) / Double(items.count)
  }

  func evidence(_ head: PlantedHead) throws -> HeadEvidence {
    try #require(classes.heads.first { $0.head == HeadIndex(head) })
  }

  /// The share of true and of false statements answered right.
  func accuracy(
    _ effects: [(PlantedHead, Intervention.Effect)]
  ) throws -> (yes: Double, no: Double) {
    let interventions = effects.map { Intervention(.head(HeadIndex($0)), $1) }
    func share(_ half: KeyPath<StatementPair, Question>) throws -> Double {
      var right = 0
      try model.evaluate(pairs.map { $0[keyPath: half] }, interventions: interventions) {
        if $1.isFirstRight == true { right += 1 }
      }
      return Double(right) / Double(pairs.count)
    }
    return (try share(\.whenTrue), try share(\.whenFalse))
  }
}

extension HeadIndex {
  init(_ head: PlantedHead) { self.init(layer: head.layer, head: head.head) }
}
