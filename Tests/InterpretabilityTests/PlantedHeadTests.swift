// The finding itself: the search names exactly the heads that were planted.

import Assets
import Engine
import GAR
import Interpretability
import TestSupport
import Testing
import Tokenization

/// A written model with generated items, and the evidence on its heads.
struct PlantedFinding {
  let directory: TemporaryDirectory
  let model: Model
  let items: [TokenizedItem]
  let pairs: [StatementPair]

  init(_ directory: TemporaryDirectory, pairCount: Int = 100, seed: UInt64 = 1) throws {
    self.directory = directory
    model = try Model.load(directory.path)
    let tokenizer = try Tokenizer.load(directory: directory.path)
    let vocabulary = try Vocabulary(path: Assets.vocabulary)
    var settings = GenerationSettings.statementPairs(pairCount, seed: seed)
    settings.tasks = [PlantedModel.task]
    items = try ItemGenerator(vocabulary: vocabulary, settings: settings).items()
      .map { try TokenizedItem($0, tokenizer: tokenizer) }
    pairs = StatementPair.pairs(in: items)
  }
}

@Suite struct PlantedHeadTests {
  @Test func probe() throws {
    let p = try PlantedFinding(PlantedModel.write())
    print(p.items[0].item.prompt, p.items[0].tokens.count, p.items[0].statement as Any, p.items[0].labels)
    let c = try p.model.classifyHeads(p.pairs, labels: questionLabels(of: p.items))
    print(c.accuracyWhenTrue, c.accuracyWhenFalse, c.pairCount, c.alignedPairCount)
    for h in c.heads {
      print(h.head, PlantedHead(rawValue: h.head.dotted).map { "\($0)" } ?? "-", h.kind, h.isCandidate, "d", h.d, "i", h.interval.low, h.interval.high, "auc", h.auroc, "attr", h.attributionWhenTrue, h.attributionWhenFalse, h.rolePair?.summary ?? "", h.ablatedAccuracyWhenTrue ?? -1, h.ablatedAccuracyWhenFalse ?? -1)
    }
    for seed in 1...4 as ClosedRange<UInt64> {
      let r = try PlantedFinding(RandomModel.write(seed: seed))
      let c = try r.model.classifyHeads(r.pairs, labels: questionLabels(of: r.items))
      print("seed", seed, c.accuracyWhenTrue, c.heads(.trueHead), c.heads(.falseHead))
      for h in c.heads where h.isCandidate || !h.interval.contains(0) {
        print(h.head, h.kind, h.isCandidate, h.d, h.interval.low, h.interval.high, h.auroc, h.attributionWhenTrue, h.attributionWhenFalse)
      }
    }
  }
}
