// A small deterministic model that answers every request from a formula.

import Engine
import Explorer
import GAR
import Interpretability
import Results

/// A model whose logit difference is a base of the item plus the sum of its heads' scores, and
/// whose edits scale those scores. Every number follows from the item's and head's numbers.
struct ToyWorkbench: Workbench {
  var facts: ModelFacts
  var items: [ItemSummary]
  /// Called before each piece of work.
  var work: @Sendable (Request) -> Void = { _ in }
  /// A head whose score is NaN.
  var brokenHead: HeadIndex?

  init(layerCount: Int = 6, headCount: Int = 8, itemCount: Int = 40) {
    facts = ModelFacts(name: "toy", layerCount: layerCount, headCount: headCount)
    items = (0..<itemCount).map(Self.summary)
  }

  static func summary(_ index: Int) -> ItemSummary {
    let isNegated = index % 3 == 2
    let isYesNo = index % 2 == 1
    let schemas = index % 5 < 3 ? ["Genders", "Kinds"] : ["Genders", "Cities"]
    return ItemSummary(
      id: "toy-\(index)",
      task: schemas.joined(separator: "∋,") + (isNegated ? " neg" : "")
        + (isYesNo ? " cls" : " gen"),
      form: isYesNo ? .classification : .generation, isNegated: isNegated,
      relationCount: index % 3, schemas: schemas,
      label: isYesNo ? (index % 4 == 1 ? .yes : .no) : nil)
  }

  func score(_ item: Int, _ head: HeadIndex) -> Float {
    if head == brokenHead { return .nan }
    let mixed = (head.layer * 31 + head.head * 17 + item * 7) % 23
    let share = Float(mixed - 11) / 11
    return share * share * share * 0.8
  }

  func factor(_ edit: HeadEdit?) -> Float {
    switch edit?.kind {
    case nil: 1
    case .zero: 0
    case .mean: 0.25
    case .scale(let factor): factor
    case .row(_, let strength): 1 - strength / 2
    }
  }

  func difference(_ item: Int, _ edits: HeadEdits) -> Float {
    let base = Float((item * 5) % 7 - 2) * 0.4
    let moved = edits.map { (factor($0.value) - 1) * score(item, $0.key) }
    return base + moved.reduce(0, +)
  }

  func candidates(_ item: Int) -> [Candidate] {
    switch items[item].label {
    case .yes: [Candidate("Yes", isRight: true), Candidate("No", isFoil: true)]
    case .no: [Candidate("Yes", isFoil: true), Candidate("No", isRight: true)]
    case nil:
      [Candidate("animal", isRight: true), Candidate("fruit", isFoil: true), Candidate("drink")]
    }
  }

  func detail(_ item: Int) -> ItemDetail {
    let isYesNo = items[item].label != nil
    let opening: [PromptToken] = [PromptToken("<s>")] + (isYesNo ? [PromptToken("Premise:")] : [])
    let context: [PromptToken] = [
      PromptToken(" <"), PromptToken(" Mary", role: .key), PromptToken(" has"),
      PromptToken(" a"), PromptToken(" dog", role: .value), PromptToken("."),
      PromptToken(" John", role: .distractorKeys), PromptToken(" has"), PromptToken(" an"),
      PromptToken(" apple", role: .distractorValues), PromptToken("."), PromptToken(" >."),
    ]
    let ask: [PromptToken] =
      isYesNo
      ? "Answer with Yes or No. Can it be inferred from the premise that".split(separator: " ")
        .map { PromptToken(" " + $0) }
      : [PromptToken(" So")]
    let query: [PromptToken] = [
      PromptToken(" Mary", role: .query), PromptToken(" owns"), PromptToken(" a"),
      PromptToken(" kind"),
    ]
    let end: [PromptToken] =
      isYesNo
      ? [
        PromptToken(" of"), PromptToken(" ani", role: .answer), PromptToken("mal", role: .answer),
        PromptToken("?"), PromptToken(" Answer"), PromptToken(":", role: .end),
      ] : [PromptToken(" of", role: .end)]
    return ItemDetail(
      tokens: opening + context + ask + query + end, candidates: candidates(item))
  }

  func readout(_ item: Int, _ edits: HeadEdits) -> Readout {
    let difference = difference(item, edits)
    let all = candidates(item)
    let logits: [Float] = all.map { $0.isRight ? 1 + difference : $0.isFoil ? 1 : -1 }
    // A rational stand-in for a softmax: monotone, and the same on every platform.
    let weights = logits.map { $0 > 0 ? 1 + $0 : 1 / (1 - $0) }
    let sum = weights.reduce(0, +)
    let top = logits.indices.max { logits[$0] < logits[$1] } ?? 0
    return Readout(
      probabilities: weights.map { $0 / sum }, logits: logits, topToken: all[top].text,
      topProbability: weights[top] / sum, isRight: difference > 0)
  }

  func perform(
    _ request: Request, ticket: Ticket, report: @Sendable (Finding) -> Void
  ) throws {
    work(request)
    switch request {
    case .detail(let item): report(.detail(detail(item)))
    case .plainAnswer(let item): report(.readout(readout(item, [:])))
    case .answer(let item, let edits): report(.readout(readout(item, edits)))
    case .attention(let item, let head, let query, _):
      report(.attention(reading(item, head, query)))
    case .page(let question): report(.page(try answer(question), progress: 1))
    case .scores(let item, _, let edits):
      var scores = HeadScores(layerCount: facts.layerCount, headCount: facts.headCount)
      for head in scores.heads { scores[head] = score(item, head) * factor(edits[head]) }
      report(.scores(scores, progress: 1))
    case .accuracy(let items, let needsPlain, let edits):
      for (rank, item) in items.enumerated() {
        guard ticket.checkpoint() else { return }
        work(request)
        let verdict = Verdict(
          item: item, plain: needsPlain[rank] ? difference(item, [:]) > 0 : nil,
          edited: edits.isEmpty ? nil : difference(item, edits) > 0)
        report(.verdicts([verdict], progress: Float(rank + 1) / Float(items.count)))
      }
    case .headClasses:
      report(
        .evidenceBase(
          EvidenceBase(pairCount: 150, accuracyWhenTrue: 0.99, accuracyWhenFalse: 0.97)))
      report(.headClasses(evidence, progress: 1))
    case .headSet(let path):
      guard path == "toy.json" else { throw ToyError.noFile(path) }
      report(.headSet(HeadSet(model: "toy", trueHeads: [HeadIndex(layer: 0, head: 1)])))
    case .saveSession(let name, _): report(.sessionSaved(name + ".json"))
    case .export(let request): report(.exported([request.name + ".txt"]))
    }
  }

  func answer(_ question: PageQuestion) throws -> PageFinding {
    switch question {
    case .explanation(let item):
      let pages = try toyPages.get()
      return .explanation(pages[item % pages.count])
    case .circuit(let item, let method, _):
      return .circuit(
        CircuitFile(
          model: facts.name, subject: "item \(item)", words: ["Q": "Mary", "A": "animal"],
          circuit: Self.circuit(method)))
    case .attentionMap(let item, let head, let edits): return .attention(map(item, head, edits))
    case .lens(let item, let edits): return .lens(lens(item, edits))
    case .comparison(let item, let method, let edits, let side):
      return .comparison(
        Comparison(
          left: scores(item, method, edits), right: try scores(side, item, method, edits)))
    case .models:
      return .models([
        ModelListing(
          model: nil, name: "built-in", place: "gar", size: "", elementType: "F16",
          family: "llama", problem: nil),
        ModelListing(
          model: "lab/small", name: "lab/small", place: "Hugging Face", size: "3.7 MB",
          elementType: "Q4_K", family: "qwen2", problem: nil),
        ModelListing(
          model: "lab/odd", name: "lab/odd", place: "Ollama", size: "1.2 GB", elementType: "F32",
          family: "?", problem: "the family “odd” is not known"),
      ])
    }
  }

  func map(_ item: Int, _ head: HeadIndex, _ edits: HeadEdits) -> AttentionMap {
    let count = detail(item).tokens.count
    func pattern(_ shift: Int) -> [Float] {
      (0..<count).flatMap { query -> [Float] in
        let row = reading(item, HeadIndex(layer: head.layer + shift, head: head.head), query)
          .weights
        return row + [Float](repeating: 0, count: count - row.count)
      }
    }
    return AttentionMap(
      head: head, tokenCount: count, plain: pattern(0), edited: edits.isEmpty ? nil : pattern(1),
      rolePair: RolePair(query: "A", key: "Q", attribution: 0.5, attention: 0.83))
  }

  func lens(_ item: Int, _ edits: HeadEdits) -> LensReading {
    let tokens = detail(item).tokens
    let names = ["embed"] + (0..<facts.layerCount).map { "L\($0)" }
    let cells = names.indices.flatMap { row in
      tokens.indices.map { position in
        let share = Float((row * 7 + position * 3 + edits.count) % 11) / 10
        return LensReading.Cell(
          token: tokens[(position + row) % tokens.count].text, probability: share,
          logitDifference: (share - 0.5) * Float(row), answerProbability: share * share,
          answerRank: 1 + (row * position) % 9)
      }
    }
    return LensReading(names: names, tokenCount: tokens.count, cells: cells)
  }

  /// Methods differ by a factor that depends on the layer.
  func scores(_ item: Int, _ method: AttributionMethod, _ edits: HeadEdits) -> HeadScores {
    let number = AttributionMethod.allCases.firstIndex(of: method) ?? 0
    var scores = HeadScores(layerCount: facts.layerCount, headCount: facts.headCount)
    for head in scores.heads {
      let twist: Float = number == 0 ? 1 : Float((head.layer + head.head * number) % 5) / 4
      scores[head] = score(item, head) * factor(edits[head]) * twist
    }
    return scores
  }

  private func scores(
    _ side: CompareSide, _ item: Int, _ method: AttributionMethod, _ edits: HeadEdits
  ) throws -> HeadScores {
    switch side {
    case .method(let other): return scores(item, other, edits)
    case .item(let other): return scores(other, method, edits)
    case .model("wide"):
      return ToyWorkbench(layerCount: 4, headCount: 12).scores(item, method, [:])
    case .model(let name): throw ToyError.noFile(name)
    }
  }

  /// Two heads and an MLP, with a loop over K, V, A and Q.
  static func circuit(_ method: CircuitMethod) -> Circuit {
    func id(_ name: String, _ role: String?) -> CircuitNode.ID {
      .init(CircuitSite(name: name) ?? .logits, role: role)
    }
    func node(_ name: String, _ role: String?, _ score: Float, key: String? = nil) -> CircuitNode {
      CircuitNode(
        id: id(name, role), score: score,
        rolePair: key.map {
          RolePair(query: role ?? "END", key: $0, attribution: score, attention: 0.75)
        })
    }
    let nodes = [
      node("embedding", "K", 1.5), node("0.1", "V", 0.5, key: "K"),
      node("1.2", "Q", 1.25, key: "K"), node("2.0", "A", 0.75, key: "V"),
      node("3.5", "A", 2.5, key: "Q"), node("mlp.4", "END", -0.25), node("logits", nil, 3),
    ]
    let edges = [
      CircuitEdge(
        sender: id("3.5", "A"), receiver: id("logits", nil), input: .stream, score: 2.5),
      CircuitEdge(sender: id("1.2", "Q"), receiver: id("3.5", "A"), input: .key, score: 1.25),
      CircuitEdge(
        sender: id("embedding", "K"), receiver: id("3.5", "A"), input: .value, score: 1),
      CircuitEdge(sender: id("2.0", "A"), receiver: id("3.5", "A"), input: .query, score: 0.75),
      CircuitEdge(sender: id("0.1", "V"), receiver: id("2.0", "A"), input: .value, score: 0.5),
      CircuitEdge(
        sender: id("embedding", "K"), receiver: id("1.2", "Q"), input: .value, score: 0.5),
      CircuitEdge(
        sender: id("mlp.4", "END"), receiver: id("logits", nil), input: .stream, score: -0.25),
    ]
    var circuit = Circuit(
      method: method, layerCount: 6, headCount: 8, nodes: nodes, edges: edges, cleanMetric: 3)
    circuit.assignJobs()
    circuit.cycles = circuit.roleCycles()
    return circuit
  }

  func reading(_ item: Int, _ head: HeadIndex, _ query: Int?) -> AttentionReading {
    let tokens = detail(item).tokens
    let query = query ?? tokens.count - 1
    var weights = [Float](repeating: 0, count: query + 1)
    weights[0] = 0.25
    weights[(head.layer + 2 * head.head + query) % (query + 1)] += 0.625
    weights[query] += 0.125
    return AttentionReading(
      head: head, query: query, weights: weights,
      rolePair: RolePair(query: "A", key: "Q", attribution: 0.5, attention: 0.83))
  }

  var evidence: [KindEvidence] {
    [
      KindEvidence(
        head: HeadIndex(layer: 3, head: 5), kind: .trueHead, d: 0.42,
        interval: Interval(low: 0.31, high: 0.53), auroc: 0.81),
      KindEvidence(
        head: HeadIndex(layer: 1, head: 2), kind: .trueHead, d: 0.2,
        interval: Interval(low: 0.1, high: 0.3), auroc: 0.7),
      KindEvidence(
        head: HeadIndex(layer: 2, head: 0), kind: .falseHead, d: -0.3,
        interval: Interval(low: -0.4, high: -0.2), auroc: 0.25),
    ].map { found in
      var found = found
      found.attributionWhenTrue = 2.5 + Double(found.head.head)
      found.attributionWhenFalse = 0.5 + 5 * abs(found.d)
      found.rolePair = RolePair(query: "A", key: "Q", attribution: 0.5, attention: 0.83)
      (found.ablatedAccuracyWhenTrue, found.ablatedAccuracyWhenFalse) = (0.25, 0.75)
      return found
    }.filter { facts.layerCount > $0.head.layer && facts.headCount > $0.head.head }
  }

  func state(
    _ size: Size = Size(width: 100, height: 30),
    display: Display = Display(hasColor: false, hasUnicode: true),
    head: HeadIndex? = HeadIndex(layer: 0, head: 0)
  ) -> ExplorerState {
    ExplorerState(facts: facts, items: items, size: size, display: display, head: head)
  }
}

/// Explanations of real items, since nothing in them is the model's.
private let toyPages = Result { try PageFixture().pages { $0.count = 8 } }

enum ToyError: Error, CustomStringConvertible {
  case noFile(String)

  var description: String {
    switch self {
    case .noFile(let path): "\(path): no such head set"
    }
  }
}
