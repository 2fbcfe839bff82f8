// Prompts that share their beginnings: who follows whom, and that sharing changes no bit.

import Engine
import GAR
import Interpretability
import TestSupport
import Testing
import Tokenization

@Suite struct PrefixScheduleTests {
  /// Prompts in a family tree: `count` prompts, each a random branch of an earlier one.
  private func prompts(_ count: Int, seed: UInt64) -> [[Int32]] {
    var random = SeededGenerator(seed: seed)
    var prompts: [[Int32]] = []
    for _ in 0..<count {
      let parent = prompts.randomElement(using: &random) ?? []
      let kept = Int.random(in: 0...parent.count, using: &random)
      let added = Int.random(in: 1...40, using: &random)
      prompts.append(
        parent[..<kept] + (0..<added).map { _ in Int32.random(in: 0..<3, using: &random) })
    }
    return prompts
  }

  @Test(arguments: [100, 700, 1_000_000])
  func everyPromptIsRunOnceAndAfterItsLeader(tokenLimit: Int) {
    for seed in UInt64(1)...5 {
      let prompts = prompts(200, seed: seed)
      let schedule = PrefixSchedule(prompts, tokenLimit: tokenLimit)
      var run: [Int] = []
      var sharedTokens = 0
      for window in schedule.windows {
        var kept: Set<Int> = []
        for batch in window {
          for entry in batch.entries {
            run.append(entry.index)
            sharedTokens += entry.shared
            guard let leader = entry.leader else {
              #expect(entry.shared == 0)
              continue
            }
            #expect(kept.contains(leader), "seed \(seed)")
            #expect(entry.shared >= PrefixSchedule.leastShared)
            #expect(entry.shared < prompts[entry.index].count)
            let beginning = prompts[leader].prefix(entry.shared)
            #expect(prompts[entry.index].prefix(entry.shared) == beginning)
          }
          if batch.isShared { kept.formUnion(batch.entries.map(\.index)) }
        }
      }
      #expect(run.sorted() == Array(prompts.indices))
      if tokenLimit == 1_000_000 { #expect(sharedTokens > 0) }
    }
  }

  /// Nothing more can be saved: in one window a prompt shares all that it has in common with any
  /// prompt before it in order.
  @Test func theLongestCommonPrefixIsShared() {
    let prompts = prompts(60, seed: 9)
    let schedule = PrefixSchedule(prompts, tokenLimit: 1_000_000)
    #expect(schedule.windows.count == 1)
    let sorted = prompts.indices.sorted {
      prompts[$0] == prompts[$1] ? $0 < $1 : prompts[$0].lexicographicallyPrecedes(prompts[$1])
    }
    let shared = Dictionary(
      uniqueKeysWithValues: schedule.windows.joined().flatMap(\.entries).map {
        ($0.index, $0.shared)
      })
    for (place, index) in sorted.enumerated() {
      let best =
        sorted[..<place].map { other in
          min(
            zip(prompts[other], prompts[index]).prefix { $0 == $1 }.count, prompts[index].count - 1)
        }.max() ?? 0
      #expect(shared[index] == (best >= PrefixSchedule.leastShared ? best : 0))
    }
  }
}

@Suite struct SharedEvaluationTests {
  /// Items with demonstrations and their sub-questions: much to share.
  private func questions(_ model: Model) throws -> [Question] {
    let tokenizer = try Tokenizer.load(path: packageRoot + "/Assets/model")
    let vocabulary = try Vocabulary(path: packageRoot + "/Assets/gar/vocabulary.json")
    var settings = GenerationSettings()
    settings.count = 60
    let items = try ItemGenerator(vocabulary: vocabulary, settings: settings).items()
    return try items.map { Question(try TokenizedItem($0, tokenizer: tokenizer)) }
      + items.flatMap { subQuestions(of: $0, vocabulary: vocabulary) }
      .map { Question(try TokenizedSubQuestion($0, tokenizer: tokenizer)) }
  }

  @Test func scoresHaveTheBitsOfEachQuestionAlone() throws {
    let model = try Model.load(packageRoot + "/Assets/model")
    let questions = try questions(model)
    let head = Intervention(.head(HeadIndex(layer: 3, head: 0)), .scale(0.5))
    let row = Intervention(.residual(layer: 1), .zero, at: .only([2, 17]))
    for interventions in [[], [head], [row]] {
      let alone = try questions.map { question in
        try model.evaluate([question], interventions: interventions)[0]
      }
      #expect(try model.evaluate(questions, interventions: interventions) == alone)
    }
  }

  @Test func orderChangesNoScoreAndSharingSparesWork() throws {
    let model = try Model.load(packageRoot + "/Assets/model")
    let questions = try questions(model)
    let scores = try model.evaluate(questions)
    var random = SeededGenerator(seed: 4)
    for _ in 0..<2 {
      let order = questions.indices.shuffled(using: &random)
      #expect(try model.evaluate(order.map { questions[$0] }) == order.map { scores[$0] })
    }
    var seen: Set<Int> = []
    let work = try model.evaluate(questions) { index, _ in seen.insert(index) }
    #expect(seen.count == questions.count)
    #expect(work.asked == questions.reduce(0) { $0 + $1.tokens.count + $1.answer.count - 1 })
    #expect(Double(work.computed) < 0.8 * Double(work.asked), "\(work)")
  }
}
