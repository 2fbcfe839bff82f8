// The logit lens: what the residual stream of every layer would say if the model ended there.

import Engine
import Foundation

/// A token as the lens sees it at one place.
public struct LensToken: Sendable, Equatable {
  public var token: Int32
  /// After the model's cap, if it has one.
  public var logit: Float
  /// Among all tokens, in [0, 1].
  public var probability: Float
  /// From 1, the largest logit; tokens with equal logits share a rank.
  public var rank: Int
}

/// What the lens sees at one boundary between layers and one position.
public struct LensCell: Sendable, Equatable {
  /// The most probable tokens, best first; of equals the lower id first.
  public var top: [LensToken]
  /// The tokens that were asked for, in that order.
  public var tracked: [LensToken]
  /// The metric of the logits here, in logits; `nil` without a metric.
  public var metric: Float?
}

/// The residual stream before every layer and after the last one, read by the model's own end.
public struct LogitLens: Sendable, Equatable {
  /// Positions of the prompt, from 0, in ascending order.
  public var positions: [Int]
  /// Cells by boundary, `[L + 1][positions]`: boundary l is the stream before layer l, boundary L the
  /// stream after the last layer, where the cells are the model's own prediction.
  public var cells: [[LensCell]]

  public var boundaryCount: Int { cells.count }

  /// The metric by boundary and position, `[L + 1, positions]`; empty without a metric.
  public var metrics: [[Float]] { cells.map { row in row.compactMap(\.metric) } }
}

/// What the lens shall look for.
public struct LensSettings: Sendable, Equatable {
  /// How many of the most probable tokens each cell names.
  public var topCount: Int
  /// Tokens whose logit, probability and rank each cell gives.
  public var tracked: [Int32]
  public var metric: LogitMetric?
  /// `nil` for all.
  public var positions: [Int]?

  public init(
    topCount: Int = 1, tracked: [Int32] = [], metric: LogitMetric? = nil, positions: [Int]? = nil
  ) {
    self.topCount = topCount
    self.tracked = tracked
    self.metric = metric
    self.positions = positions
  }
}

extension Model {
  /// Reads the residual stream of a finished run, layer by layer, as the model reads its last.
  ///
  ///     logits[l, t] = cap(W_U · finalNorm(residPre[l, t])),  l = 0..<L;  l = L: after the last layer
  ///
  /// - Parameters:
  ///   - trace: a run that recorded `.residualStream`. Its logits (`LogitRows`) must cover the
  ///     positions asked for, since what is after the last layer is kept for those alone.
  ///   - settings: what is looked for, and where.
  ///   - progress: called before each batch of rows.
  /// - Returns: cells by boundary and position.
  /// - Throws: `EngineError.nonFiniteLogits`; `tokenOutOfRange` for a token that the model lacks; what
  ///   `progress` throws.
  /// - Complexity: one unembedding of (L + 1) · T rows, in batches of at most 64 MB of logits.
  ///
  /// Source: nostalgebraist 2020, "interpreting GPT: the logit lens". No layer is trained in between,
  /// unlike in the tuned lens.
  public func logitLens(
    _ trace: Trace, settings: LensSettings = .init(), progress: ProgressHandler = { _, _ in }
  ) throws -> LogitLens {
    try checkVocabulary(settings.tracked + (settings.metric?.terms.map(\.token) ?? []))
    let firstKept = trace.tokenCount - trace.residFinal.shape[0]
    let positions = (settings.positions ?? Array(0..<trace.tokenCount)).sorted()
    precondition(
      positions.allSatisfy { firstKept..<trace.tokenCount ~= $0 },
      "logitLens: positions \(positions), but the run kept only the last "
        + "\(trace.residFinal.shape[0]) of \(trace.tokenCount); run it with logits: .all")
    var lens = LogitLens(
      positions: positions, cells: Array(repeating: [], count: configuration.layerCount + 1))
    let batch = max(1, (16 << 20) / configuration.vocabularySize)
    let rows = lens.cells.indices.flatMap { boundary in positions.map { (boundary, $0) } }
    for first in stride(from: 0, to: rows.count, by: batch) {
      try progress(first, rows.count)
      let part = rows[first..<min(first + batch, rows.count)]
      let stream = Tensor(
        part.flatMap { trace.stream(boundary: $0, position: $1, firstKept: firstKept) },
        shape: [part.count, configuration.dModel])
      let logits = try unembed(stream)
      for (row, place) in part.enumerated() {
        lens.cells[place.0].append(LensCell(logits.row(row), settings))
      }
    }
    try progress(rows.count, rows.count)
    return lens
  }
}

extension Trace {
  fileprivate func stream(
    boundary: Int, position: Int, firstKept: Int
  ) -> UnsafeBufferPointer<Float> {
    if boundary == layers.count { return residFinal.row(position - firstKept) }
    guard let stream = layers[boundary].residPre else {
      preconditionFailure("logitLens: the run did not record TraceOptions.residualStream")
    }
    return stream.row(position)
  }
}

extension LensCell {
  /// Reads one row of logits, `[V]`.
  fileprivate init(_ logits: UnsafeBufferPointer<Float>, _ settings: LensSettings) {
    let logSum = logSumExp(logits)
    func token(_ id: Int) -> LensToken {
      LensToken(
        token: Int32(id), logit: logits[id],
        probability: Float(exp(Double(logits[id]) - Double(logSum))),
        rank: 1 + logits.count { $0 > logits[id] })
    }
    top = largestLogits(logits, count: settings.topCount).map(token)
    tracked = settings.tracked.map { token(Int($0)) }
    metric = settings.metric?.value(logits)
  }
}
