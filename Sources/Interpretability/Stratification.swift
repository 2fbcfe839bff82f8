// A balanced part of a set of items.

import GAR

extension Breakdown {
  /// What items are balanced over where nothing else is said.
  public static let strata: [Breakdown] = [.form, .polarity, .relationCount, .schemaPair]

  /// Chooses an item of every stratum in turn, at random by a fixed seed, so that strata, and within
  /// them each key's groups, come as equally often as the set allows. The halves of a Yes/No pair are
  /// chosen together.
  ///
  /// - Parameters:
  ///   - items: in any order.
  ///   - count: how many; one item less comes back where only a whole pair is left for the last.
  ///   - keys: what the strata are made of.
  /// - Returns: indices of the chosen items, ascending; the same for the same items.
  public static func stratified(_ items: [Item], count: Int, by keys: [Breakdown]) -> [Int] {
    var strata = Strata(items, keys)
    var chosen: [Int] = []
    while chosen.count < count, let unit = strata.next(room: count - chosen.count) {
      chosen += unit
    }
    return chosen.sorted()
  }
}

/// Single items and Yes/No pairs by stratum, and how many of each group were taken.
private struct Strata {
  private struct Stratum {
    /// One group for each key, by number.
    var groups: [Int]
    /// In the order of choice, the last one first.
    var units: [[Int]]
    var taken = 0
  }

  private var strata: [Stratum] = []
  /// For each key, how many items of each of its groups were taken.
  private var taken: [[Int]]
  /// 2 where there are pairs: a stratum of single items is not ahead with one item of two.
  private var unitSize = 1

  init(_ items: [Item], _ keys: [Breakdown]) {
    let places = Dictionary(
      items.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
    var numbers = [[String: Int]](repeating: [:], count: keys.count)
    var indices: [[Int]: Int] = [:]
    for (index, item) in items.enumerated() {
      let partner = item.partnerID.flatMap { places[$0] }
      // A pair comes with its first half.
      if let partner, partner < index, items[partner].partnerID == item.id { continue }
      let isPair = partner.map { $0 > index && items[$0].partnerID == item.id } ?? false
      let groups = keys.indices.map { key in
        let name = keys[key].group(of: item)
        let number = numbers[key][name] ?? numbers[key].count
        numbers[key][name] = number
        return number
      }
      let place = indices[groups] ?? strata.count
      if place == strata.count {
        indices[groups] = place
        strata.append(Stratum(groups: groups, units: []))
      }
      strata[place].units.append([index] + (isPair ? [partner ?? index] : []))
      if isPair { unitSize = 2 }
    }
    taken = numbers.map { [Int](repeating: 0, count: $0.count) }
    // A file in the order of its tasks would otherwise give the first task of every stratum.
    var random = SplitMix64(seed: 1)
    for place in strata.indices { strata[place].units = random.shuffled(strata[place].units) }
  }

  /// The next unit of the stratum of which least was taken; among equals, of the one whose groups
  /// are furthest behind, then of the one seen first.
  mutating func next(room: Int) -> [Int]? {
    let open = strata.indices.filter { strata[$0].units.last.map { $0.count <= room } ?? false }
    let best = open.min { a, b in
      let (x, y) = (strata[a], strata[b])
      return (x.taken / unitSize, share(x), a) < (y.taken / unitSize, share(y), b)
    }
    guard let best else { return nil }
    let unit = strata[best].units.removeLast()
    strata[best].taken += unit.count
    for (key, group) in strata[best].groups.enumerated() { taken[key][group] += unit.count }
    return unit
  }

  /// How much of its groups was taken, each in proportion to the number of groups beside it.
  private func share(_ stratum: Stratum) -> Int {
    zip(taken, stratum.groups).reduce(0) { $0 + $1.0[$1.1] * $1.0.count }
  }
}
