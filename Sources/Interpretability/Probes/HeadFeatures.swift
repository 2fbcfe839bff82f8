// The paper's head feature of many texts.

import Engine

/// A prompt and the positions of the stretch that counts.
public struct FeatureQuestion: Sendable, Equatable {
  public var tokens: [Int32]
  /// Query positions; at least one.
  public var span: Range<Int>

  public init(tokens: [Int32], span: Range<Int>) {
    precondition(
      !span.isEmpty && span.lowerBound >= 0 && span.upperBound <= tokens.count,
      "FeatureQuestion: positions \(span) of \(tokens.count) tokens")
    (self.tokens, self.span) = (tokens, span)
  }
}

extension Model {
  /// Computes `headFeature` of some heads on every prompt, in batches.
  ///
  /// What stands behind the stretch cannot change it and is not run, unless the length of a prompt
  /// changes the angles of its positions.
  ///
  /// - Parameters:
  ///   - questions: any number; BOS, or what stands for it, is the first token of each.
  ///   - heads: which the model has.
  ///   - each: called with every prompt's features, `[heads]`, in the order of the prompts; throwing
  ///     ends the work.
  /// - Throws: `EngineError` for a prompt that does not fit or a head that the model lacks.
  /// - Complexity: a forward pass for each prompt up to the end of its stretch.
  public func headFeatures(
    _ questions: [FeatureQuestion], heads: [HeadIndex],
    each: (_ index: Int, [Float]) throws -> Void
  ) throws {
    for head in heads { try configuration.check(head) }
    var first = 0
    while first < questions.count {
      let inputs = featureBatch(questions[first...])
      let runs = try forward(batch: inputs.map { .tokens($0) }, recording: .attentionPattern)
      for (index, run) in runs.enumerated() {
        try each(first + index, features(run, heads: heads, span: questions[first + index].span))
      }
      first += inputs.count
    }
  }

  /// The prompts of the next batch, at least one.
  private func featureBatch(_ questions: ArraySlice<FeatureQuestion>) -> [[Int32]] {
    var batch: [[Int32]] = []
    var tokens = 0
    for question in questions {
      let end = question.span.upperBound
      let isFree = configuration.sharesKeys(end, question.tokens.count)
      let prompt = isFree ? Array(question.tokens[..<end]) : question.tokens
      guard batch.isEmpty || tokens + prompt.count <= PrefixSchedule.batchTokens else { break }
      tokens += prompt.count
      batch.append(prompt)
    }
    return batch
  }

  private func features(_ run: Trace, heads: [HeadIndex], span: Range<Int>) -> [Float] {
    heads.map { head in
      guard let pattern = run.layers[head.layer].attentionPattern,
        let feature = headFeature(pattern, head: head.head, statement: span)
      else { preconditionFailure("headFeatures: no pattern of layer \(head.layer)") }
      return feature
    }
  }
}
