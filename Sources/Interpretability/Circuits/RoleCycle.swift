// Relational loops in a circuit: closed cycles of attention between roles and the item's own links.

import Engine

/// One closed cycle over roles.
public struct RoleCycle: Sendable, Equatable {
  /// A link between two roles.
  public struct Link: Sendable, Equatable {
    /// The role that is read: the key of the attention.
    public var from: String
    /// The role that reads: the query.
    public var to: String
    /// The heads whose attention goes along it, the largest first; empty for the item's own link.
    public var heads: [HeadIndex]
    /// Σ |attribution| of the heads, in logits; 0 for the item's own link.
    public var strength: Float

    public init(from: String, to: String, heads: [HeadIndex] = [], strength: Float = 0) {
      self.from = from
      self.to = to
      self.heads = heads
      self.strength = strength
    }

    /// Whether the two roles stand in one sentence and no head need find that.
    public var isOwn: Bool { heads.isEmpty }
  }

  /// In order: each link shares a role with the next, the last with the first.
  public var links: [Link]

  public init(links: [Link]) { self.links = links }

  /// The weakest of its attention links, in logits.
  public var strength: Float { links.filter { !$0.isOwn }.map(\.strength).min() ?? 0 }

  /// The roles in the order of the links.
  public var roles: [String] {
    guard let first = links.first, let last = links.last else { return [] }
    var role = [first.from, first.to].first { [last.from, last.to].contains($0) } ?? first.from
    return links.map { link in
      defer { role = link.from == role ? link.to : link.from }
      return role
    }
  }

  public var title: String {
    roles.isEmpty ? "" : (roles + [roles[0]]).joined(separator: " – ")
  }
}

extension Circuit {
  /// The links that an item has by itself: key and value in the context, query and answer in the query
  /// sentence (END where the answer is still to come).
  static let ownLinks = [("K", "V"), ("K'", "V'"), ("Q", "A"), ("Q", "END")]

  /// All simple cycles over three roles or more with at least two links of attention, each role at
  /// most once.
  ///
  /// Links are those between the roles of each head's pair; heads that attend within one role, to BOS
  /// or to words without a role make none.
  public func roleCycles() -> [RoleCycle] {
    let links = roleLinks()
    var found: [RoleCycle] = []
    var seen: Set<Set<String>> = []
    let roles = Array(Set(links.flatMap { [$0.from, $0.to] })).sorted()
    func extend(_ path: [String], _ used: [RoleCycle.Link]) {
      guard let last = path.last, let start = path.first else { return }
      for link in links where link.from == last || link.to == last {
        let next = link.from == last ? link.to : link.from
        if next == start, path.count >= 3 {
          let all = used + [link]
          guard all.count(where: { !$0.isOwn }) >= 2, seen.insert(key(all)).inserted else {
            continue
          }
          found.append(RoleCycle(links: all))
        } else if next > start, !path.contains(next) {
          extend(path + [next], used + [link])
        }
      }
    }
    for role in roles { extend([role], []) }
    return found.sorted {
      ($0.strength, $1.links.count, $1.title) > ($1.strength, $0.links.count, $0.title)
    }
  }

  private func key(_ links: [RoleCycle.Link]) -> Set<String> {
    Set(links.map { [$0.from, $0.to].sorted().joined(separator: "-") })
  }

  /// One link for each unordered pair of roles: of attention where a head makes it, else the item's own.
  private func roleLinks() -> [RoleCycle.Link] {
    let ignored: Set<String> = ["BOS", "other", "demo"]
    let pairs = nodes.compactMap { node -> (HeadIndex, RolePair)? in
      guard let head = node.id.site.head, let pair = node.rolePair, pair.query != pair.key,
        !ignored.contains(pair.query), !ignored.contains(pair.key)
      else { return nil }
      return (head, pair)
    }
    let groups = Dictionary(grouping: pairs) { [$0.1.query, $0.1.key].sorted() }
    var links = groups.map { _, members in
      let members = members.sorted { abs($0.1.attribution) > abs($1.1.attribution) }
      return RoleCycle.Link(
        from: members[0].1.key, to: members[0].1.query, heads: members.map(\.0),
        strength: members.reduce(0) { $0 + abs($1.1.attribution) })
    }
    for (from, to) in Self.ownLinks where groups[[from, to].sorted()] == nil {
      links.append(RoleCycle.Link(from: from, to: to))
    }
    return links.sorted { ($0.from, $0.to) < ($1.from, $1.to) }
  }
}
