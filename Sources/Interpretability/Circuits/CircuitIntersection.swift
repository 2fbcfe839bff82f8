// What two circuits share, and how much of that chance would give.

import Engine
import Foundation

/// The shared core of two circuits of one model.
public struct CircuitIntersection: Sendable, Equatable {
  /// How much two sets share.
  public struct Overlap: Sendable, Equatable {
    /// Of the first and of the second circuit, of both, and how many there are in the model.
    public var first, second, shared, universe: Int

    public init(first: Int, second: Int, shared: Int, universe: Int) {
      self.first = first
      self.second = second
      self.shared = shared
      self.universe = universe
    }

    /// |A ∩ B| / |A ∪ B|.
    public var jaccard: Double {
      let union = first + second - shared
      return union == 0 ? 0 : Double(shared) / Double(union)
    }

    /// |A ∩ B| of sets of these sizes drawn at random, on average.
    public var expected: Double {
      universe == 0 ? 0 : Double(first) * Double(second) / Double(universe)
    }

    /// The chance that random sets of these sizes share as many or more: the upper tail of the
    /// hypergeometric distribution.
    public var p: Double {
      func logChoose(_ n: Int, _ k: Int) -> Double {
        lgamma(Double(n + 1)) - lgamma(Double(k + 1)) - lgamma(Double(n - k + 1))
      }
      let most = min(first, second), least = max(0, first + second - universe)
      guard shared > least else { return 1 }
      guard shared <= most else { return 0 }
      let all = logChoose(universe, second)
      return min(
        1,
        (shared...most).reduce(0) { sum, k in
          sum + exp(logChoose(first, k) + logChoose(universe - first, second - k) - all)
        })
    }
  }

  public var heads: Overlap
  public var edges: Overlap
  /// In both, by layer.
  public var sharedHeads: [HeadIndex]
  public var onlyFirst, onlySecond: [HeadIndex]
  /// The shared nodes and edges as a circuit, with the mean of the two scores.
  public var core: Circuit

  /// - Precondition: both circuits are of models of one shape.
  public init(_ first: Circuit, _ second: Circuit) {
    precondition(
      first.layerCount == second.layerCount && first.headCount == second.headCount,
      "CircuitIntersection: circuits of models of different shape")
    let a = Set(first.heads), b = Set(second.heads)
    sharedHeads = a.intersection(b).sorted()
    onlyFirst = a.subtracting(b).sorted()
    onlySecond = b.subtracting(a).sorted()
    heads = Overlap(
      first: a.count, second: b.count, shared: sharedHeads.count,
      universe: first.layerCount * first.headCount)
    core = Self.core(first, second)
    edges = Overlap(
      first: Set(first.edges.map(Place.init)).count,
      second: Set(second.edges.map(Place.init)).count,
      shared: Set(core.edges.map(Place.init)).count, universe: Self.edgeCount(first))
  }

  /// Edges are compared without the roles.
  private struct Place: Hashable {
    var sender, receiver: CircuitSite
    var input: CircuitInput

    init(_ edge: CircuitEdge) {
      (sender, receiver, input) = (edge.sender.site, edge.receiver.site, edge.input)
    }
  }

  private static func core(_ first: Circuit, _ second: Circuit) -> Circuit {
    let sites = Set(second.nodes.map(\.id.site)), places = Set(second.edges.map(Place.init))
    let nodes = Set(second.nodes.map(\.id))
    var core = first
    core.nodes = first.nodes.filter { sites.contains($0.id.site) }.map { node in
      var node = node
      if nodes.contains(node.id), let other = second[node.id] {
        node.score = (node.score + other.score) / 2
      }
      return node
    }
    core.edges = first.edges.filter { places.contains(Place($0)) }
    let pairs = Set(
      second.nodes.compactMap { node in
        node.rolePair.map { "\(node.id.site.name) \($0.query) \($0.key)" }
      })
    core.cycles = core.roleCycles().filter { cycle in
      cycle.links.allSatisfy { link in
        link.isOwn
          || link.heads.contains { pairs.contains("\($0.dotted) \(link.to) \(link.from)") }
      }
    }
    return core
  }

  /// How many edges a sequential model of that shape has.
  private static func edgeCount(_ circuit: Circuit) -> Int {
    let scores = EdgeScores(layerCount: circuit.layerCount, headCount: circuit.headCount)
    return (0..<scores.receiverCount).reduce(0) { sum, receiver in
      let site = scores.receiver(receiver).site
      return sum
        + (0..<scores.senderCount).count { scores.isEdge(from: scores.sender($0), to: site) }
    }
  }
}
