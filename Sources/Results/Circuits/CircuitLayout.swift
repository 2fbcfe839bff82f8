// Where a circuit's nodes stand in a drawing: layers upward, roles as columns.

import Engine
import Interpretability

/// A grid: a column for each role, a row for each depth, several nodes in a cell side by side.
public struct CircuitLayout: Sendable, Equatable {
  public struct Place: Sendable, Equatable {
    public var column: Int
    /// From the bottom, 0.
    public var row: Int
    /// Within its cell, from the left, and how many the cell has.
    public var slot, slots: Int
  }

  /// Roles in the order in which they stand in a prompt.
  public let columns: [String]
  /// `L3`, `MLP 3`, `embedding`, from the bottom.
  public let rows: [String]
  /// The most nodes that a cell of each column has.
  public let slots: [Int]
  /// In the order of the circuit's nodes.
  public let places: [Place]

  /// The order of roles in a prompt: demonstrations first, then context, query and END.
  static let order = ["BOS", "K", "V", "K'", "V'", "Q", "R", "A", "END"]
  public static let unplaced = "all"

  public init(_ circuit: Circuit) {
    let roles = circuit.nodes.map(Self.column)
    columns = Set(roles).sorted { Self.rank($0) < Self.rank($1) }
    let depths = Set(circuit.nodes.map(\.id.site.depth)).sorted()
    rows = depths.map { depth in
      circuit.nodes.first { $0.id.site.depth == depth }.map { Self.rowName($0.id.site) } ?? ""
    }
    var counts: [[Int]: Int] = [:]
    var places: [Place] = []
    for (node, role) in zip(circuit.nodes, roles) {
      let column = columns.firstIndex(of: role) ?? 0
      let row = depths.firstIndex(of: node.id.site.depth) ?? 0
      let slot = counts[[column, row], default: 0]
      counts[[column, row]] = slot + 1
      places.append(Place(column: column, row: row, slot: slot, slots: 0))
    }
    for index in places.indices {
      places[index].slots = counts[[places[index].column, places[index].row]] ?? 1
    }
    self.places = places
    slots = columns.indices.map { column in
      places.filter { $0.column == column }.map(\.slots).max() ?? 1
    }
  }

  /// The role at whose positions a node writes.
  public static func column(_ node: CircuitNode) -> String {
    if node.id.site == .logits { return "END" }
    return node.id.role ?? node.rolePair?.query ?? unplaced
  }

  private static func rank(_ role: String) -> (Int, Int, String) {
    if role == unplaced { return (0, 0, role) }
    let isDemonstration = role.hasSuffix("^") || role == "demo"
    let name = role.filter { $0 != "^" }
    let place = order.firstIndex(of: name) ?? (name == "other" ? 4 : order.count)
    return (isDemonstration ? 1 : 2, place, role)
  }

  private static func rowName(_ site: CircuitSite) -> String {
    switch site {
    case .embedding: "embedding"
    case .head(let head): "L\(head.layer)"
    case .mlp(let layer): "MLP \(layer)"
    case .logits: "logits"
    }
  }
}

extension CircuitNode {
  /// What a drawing writes in the node.
  public var label: String {
    switch id.site {
    case .embedding: "embedding"
    case .head(let head): head.description
    case .mlp(let layer): "MLP \(layer)"
    case .logits: "logits"
    }
  }

  /// `K → Q`: what the head brings, and where to.
  public var flow: String? { rolePair.map { "\($0.key) → \($0.query)" } }
}

extension Circuit {
  /// The nodes whose attention is a link of the cycle.
  public func nodes(of cycle: RoleCycle) -> Set<CircuitNode.ID> {
    Set(
      nodes.filter { node in
        guard let head = node.id.site.head, let pair = node.rolePair else { return false }
        return cycle.links.contains { link in
          link.heads.contains(head)
            && [link.from, link.to].sorted() == [pair.key, pair.query].sorted()
        }
      }.map(\.id))
  }
}
