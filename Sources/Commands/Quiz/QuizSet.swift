// Which items a person is asked: few, and yet of every kind.

import GAR

enum QuizSet {
  /// One demonstration and the line of candidates, as the paper gives them to models: without a
  /// demonstration "So who owns pig?" has two right answers in English.
  static var defaults: GenerationSettings {
    var settings = GenerationSettings()
    settings.count = 20
    return settings
  }

  /// Settings for a pool from which `settings.count` items can be chosen.
  static func pool(_ settings: GenerationSettings) -> GenerationSettings {
    var pool = settings
    // Of a Yes/No pair one half is asked: together they would give each other away.
    pool.count = max(768, 4 * settings.count)
    return pool
  }

  /// Chooses items that are spread evenly over form, polarity and n_r, each with as many Yes as No,
  /// no two of one Yes/No pair, in an order of their own.
  ///
  /// - Parameters:
  ///   - count: all that can be asked if there are fewer.
  ///   - pool: in an order that is already random within each kind.
  ///   - seed: of the order.
  /// - Returns: the items, each once.
  static func balanced(_ count: Int, of pool: [Item], seed: UInt64) -> [Item] {
    var cells: [[Int]: [Item]] = [:]
    for item in pool.reversed() { cells[cell(of: item), default: []].append(item) }
    var chosen: [Item] = []
    var taken: Set<String> = []
    var labels: [[Int]: [String: Int]] = [:]
    let keys = cells.keys.sorted { $0.lexicographicallyPrecedes($1) }
    var isExhausted = false
    while chosen.count < count, !isExhausted {
      isExhausted = true
      for key in keys where chosen.count < count {
        // The last of a cell is the first of the pool.
        cells[key]?.removeAll { taken.contains($0.id) }
        guard let items = cells[key], let index = next(in: items, labels, key)
        else { continue }
        let item = items[index]
        isExhausted = false
        taken.insert(item.id)
        if let partner = item.partnerID { taken.insert(partner) }
        if let label = item.row.label {
          labels[key, default: [:]][label, default: 0] += 1
          labels[[], default: [:]][label, default: 0] += 1
        }
        chosen.append(item)
      }
    }
    var random = SplitMix64(seed: seed)
    return random.shuffled(chosen)
  }

  /// Form, polarity and n_r in turn, so that neighbours differ in form first.
  private static func cell(of item: Item) -> [Int] {
    [
      item.task.relationCount, item.task.isNegated ? 1 : 0,
      item.task.form == .classification ? 1 : 0,
    ]
  }

  /// The next item of a cell, where there is a choice one with the label that is behind in the
  /// cell, then in all, which stands under no key.
  private static func next(
    in items: [Item], _ labels: [[Int]: [String: Int]], _ cell: [Int]
  ) -> Int? {
    func counts(_ label: String) -> [Int] {
      [cell, []].map { labels[$0, default: [:]][label, default: 0] }
    }
    let fewest = ["Yes", "No"].min { counts($0).lexicographicallyPrecedes(counts($1)) }
    return items.lastIndex { $0.row.label == nil || $0.row.label == fewest } ?? items.indices.last
  }
}
