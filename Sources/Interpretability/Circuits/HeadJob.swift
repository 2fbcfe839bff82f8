// What a head is for, in the words of the GAR paper, from the roles that it connects.

import Engine

/// The class of a head in a circuit.
///
/// Named by the pair of roles that carries most of its attribution-weighted attention, key → query as
/// the paper draws what flows:
///
/// | class | key → query | what it does |
/// |---|---|---|
/// | local | K → V, V → K, K' → V', V' → K', Q → A, A → Q, Q → END | a syntactic link within a sentence |
/// | relating | K → Q, V → A, V' → A | a relation between context and query sentence |
/// | induction | V → Q, V' → Q, A^ → END, … | brings what stood beside the earlier copy |
/// | negative relating | K' → Q | relates the query to the key that does not match |
/// | predicting | V → END, V' → END, A → END | brings the answer to where it is said |
///
/// A^ is the answer of a demonstration. A head is of second order if what it reads in the circuit was
/// written by a head that is more than local: then Q → A is *relating* (the True and False heads), since
/// it closes the relational loop, and Q → END stays local, of second order. A predicting head whose
/// output other predicting heads read in their queries is *pre-predicting*. A → END in classification
/// has no name in the paper; it is counted as predicting here, since the verdict stands at A.
///
/// Source: Ni et al. 2025 (arXiv:2412.12841), figure 3.
public struct HeadJob: Hashable, Sendable {
  public enum Kind: String, CaseIterable, Sendable {
    case local, relating, induction, negativeRelating, prePredicting, predicting, other
  }

  public var kind: Kind
  public var isSecondOrder: Bool

  public init(_ kind: Kind, isSecondOrder: Bool = false) {
    self.kind = kind
    self.isSecondOrder = isSecondOrder
  }

  /// `relating²`, `negative relating`.
  public var title: String {
    let name =
      switch kind {
      case .negativeRelating: "negative relating"
      case .prePredicting: "pre-predicting"
      default: kind.rawValue
      }
    return isSecondOrder ? name + "²" : name
  }

  /// As the paper abbreviates it: `Rel.²`.
  public var abbreviation: String {
    let name =
      switch kind {
      case .local: "Loc."
      case .relating: "Rel."
      case .induction: "Ind."
      case .negativeRelating: "NRel."
      case .prePredicting: "PPred."
      case .predicting: "Pred."
      case .other: ""
      }
    return isSecondOrder && kind != .other ? name + "²" : name
  }

  /// Reads what `title` gives.
  public init?(title: String) {
    let isSecond = title.hasSuffix("²")
    let name = isSecond ? String(title.dropLast()) : title
    guard let kind = Kind.allCases.first(where: { HeadJob($0).title == name }) else { return nil }
    self.init(kind, isSecondOrder: isSecond)
  }

  /// The class by roles alone.
  static func kind(query: String, key: String) -> Kind {
    let isDemonstration = query.hasSuffix("^") || key.hasSuffix("^")
    let query = query.filter { $0 != "^" }, from = key.filter { $0 != "^" }
    if isDemonstration, query == "END" { return .induction }
    switch (from, query) {
    case ("K", "V"), ("V", "K"), ("K'", "V'"), ("V'", "K'"), ("Q", "A"), ("A", "Q"),
      ("Q", "END"):
      return .local
    case ("K", "Q"), ("V", "A"), ("V'", "A"): return .relating
    case ("V", "Q"), ("V'", "Q"): return .induction
    case ("K'", "Q"): return .negativeRelating
    case ("V", "END"), ("V'", "END"), ("A", "END"): return .predicting
    default: return .other
    }
  }
}

extension Circuit {
  /// Names every head whose roles are known: its kind by its roles, its order by what it reads.
  public mutating func assignJobs() {
    var jobs: [CircuitNode.ID: HeadJob] = [:]
    // Senders come before their readers.
    for index in nodes.indices.sorted(by: { nodes[$0].id.site.depth < nodes[$1].id.site.depth }) {
      guard let pair = nodes[index].rolePair, nodes[index].id.site.head != nil else { continue }
      var kind = HeadJob.kind(query: pair.query, key: pair.key)
      let isSecond = edges(into: nodes[index].id).contains { edge in
        switch jobs[edge.sender]?.kind {
        case .relating, .induction, .negativeRelating, .predicting, .prePredicting: true
        case .local, .other, nil: false
        }
      }
      if isSecond, kind == .local, pair.query == "A", pair.key == "Q" { kind = .relating }
      jobs[nodes[index].id] = HeadJob(kind, isSecondOrder: isSecond && kind != .other)
    }
    for edge in edges where edge.input == .query {
      guard jobs[edge.sender]?.kind == .predicting,
        [.predicting, .prePredicting].contains(jobs[edge.receiver]?.kind)
      else { continue }
      jobs[edge.sender]?.kind = .prePredicting
    }
    for index in nodes.indices { nodes[index].job = jobs[nodes[index].id] }
  }
}
