// Attention heads written down as what they look for and what they move, and the weights for it.

import Foundation

/// A stretch of the residual stream that holds one thing.
struct Slot {
  var start: Int
  var width = 1
  /// The size that its contents have in the stream where present.
  var scale = 1.0

  /// 24 signs that stand for a word; the first to the fourth of the stream.
  static func code(_ index: Int) -> Slot { Slot(start: 24 * index, width: 24) }
  /// A single number, beyond the codes.
  static func mark(_ index: Int) -> Slot { Slot(start: 96 + index) }
}

/// A head whose attention score is a sum of products of slots, and whose values are slots.
///
/// The model's norms must leave slots as they are (`HandWrittenHeads.gain`).
struct HandWrittenHead {
  private enum Term {
    case product(query: Slot, key: Slot, weight: Double)
    case distance(Int, sharpness: Double)
  }

  private struct Move {
    var source, target: Slot
    var weight: Double
  }

  private var terms: [Term] = []
  private var moves: [Move] = []

  /// Adds `weight · ⟨query slot, key slot⟩` to the score.
  func looking(for key: Slot, at query: Slot, _ weight: Double) -> Self {
    precondition(query.width == key.width, "slots of \(query.width) and \(key.width) numbers")
    var head = self
    head.terms.append(.product(query: query, key: key, weight: weight))
    return head
  }

  /// Adds a score that is largest for the key `distance` positions before the query.
  func looking(back distance: Int, _ sharpness: Double) -> Self {
    var head = self
    head.terms.append(.distance(distance, sharpness: sharpness))
    return head
  }

  /// Adds `weight ·` the attended position's `source` to the attending position's `target`.
  func moving(_ source: Slot, to target: Slot, _ weight: Double = 1) -> Self {
    precondition(source.width == target.width, "slots of \(source.width) and \(target.width)")
    var head = self
    head.moves.append(Move(source: source, target: target, weight: weight))
    return head
  }

  /// Writes the head's rows of W_Q, W_K, W_V and its columns of W_O.
  func write(to layer: inout LlamaLayer, head: Int, shape: LlamaShape) {
    let rows = HeadRows(first: head * shape.dHead, shape: shape)
    var channels = HandWrittenHeads.stillChannels(shape)[...]
    for term in terms {
      switch term {
      case .product(let query, let key, let weight):
        for index in 0..<query.width {
          let channel = channels.removeFirst()
          rows.set(&layer.wQ, channel, query, index, rows.unscaled * weight)
          rows.set(&layer.wK, channel, key, index, 1)
        }
      case .distance(let distance, let sharpness):
        writeDistance(distance, sharpness, to: &layer, rows)
      }
    }
    var channel = 0
    for move in moves {
      for index in 0..<move.source.width {
        rows.set(&layer.wV, channel, move.source, index, 1)
        let row = move.target.start + index
        layer.wO[row * shape.queryWidth + rows.first + channel] = Float(move.weight)
        channel += 1
      }
    }
  }

  /// With q = (a, 0) and k = (cos dθ, sin dθ) in a pair that turns by θ a position, the score at
  /// distance x is a·cos((x − d)θ): largest at x = d for every pair.
  private func writeDistance(
    _ distance: Int, _ sharpness: Double, to layer: inout LlamaLayer, _ rows: HeadRows
  ) {
    let one = HandWrittenHeads.one
    for pair in 0..<HandWrittenHeads.turningPairs {
      let angle = Double(distance) * HandWrittenHeads.angle(pair, rows.shape)
      rows.set(&layer.wQ, pair, one, 0, rows.unscaled * sharpness)
      rows.set(&layer.wK, pair, one, 0, cos(angle))
      rows.set(&layer.wK, pair + rows.shape.dHead / 2, one, 0, sin(angle))
    }
  }
}

/// A head's rows of a projection `[H·K, D]`.
private struct HeadRows {
  let first: Int
  let shape: LlamaShape

  /// The engine divides scores by √K.
  var unscaled: Double { Double(shape.dHead).squareRoot() }

  /// The weight with which a channel reads number `index` of a slot, whose size is taken for 1.
  func set(
    _ matrix: inout [Float], _ channel: Int, _ slot: Slot, _ index: Int, _ weight: Double
  ) {
    matrix[(first + channel) * shape.dModel + slot.start + index] = Float(weight / slot.scale)
  }
}

/// What all hand-written heads rely on.
enum HandWrittenHeads {
  /// Every position's stream holds this one large number. It outweighs the rest, so that the norm
  /// divides every position by nearly the same.
  static let one: Slot = {
    var slot = Slot.mark(0)
    slot.scale = 32
    return slot
  }()

  /// Undoes the norm's division by the root mean square, which is that of `one` to within 1 %.
  static func gain(_ shape: LlamaShape) -> Float {
    Float(one.scale / Double(shape.dModel).squareRoot())
  }

  /// The pairs that turn fast enough to tell positions apart.
  static let turningPairs = 4

  /// Radians a position (RoPE, halves pairing).
  static func angle(_ pair: Int, _ shape: LlamaShape) -> Double {
    pow(shape.ropeBase, -2 * Double(pair) / Double(shape.dHead))
  }

  /// The channels of the slower half of the pairs. Over a prompt they turn by next to nothing, so
  /// that RoPE leaves a product of slots as it is.
  static func stillChannels(_ shape: LlamaShape) -> [Int] {
    let half = shape.dHead / 2
    return Array(half / 2..<half) + Array(half + half / 2..<shape.dHead)
  }
}
