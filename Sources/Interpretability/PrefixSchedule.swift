// The order in which prompts are run so that those which begin alike share the work on the beginning.

import Engine

/// How much of the work an evaluation was spared.
public struct EvaluationWork: Sendable, Equatable {
  /// Tokens of all prompts with their forced answers.
  public var asked = 0
  /// Of those, the tokens whose keys and values were computed and not taken from another prompt.
  public var computed = 0

  public init(asked: Int = 0, computed: Int = 0) {
    self.asked = asked
    self.computed = computed
  }

  mutating func add(_ count: Int, shared: Int, scored: Int) {
    asked += count
    computed += count - min(shared, count - min(scored, count))
  }
}

/// Prompts in batches: a prompt comes after the one whose beginning it takes.
///
/// Sorted by their tokens, prompts that begin alike lie together. The first of those that share a
/// prefix is the leader of the others, and may itself follow the leader of a shorter prefix: items of
/// one set of demonstrations, then those of one context, then a statement's two halves.
package struct PrefixSchedule {
  package struct Entry: Equatable {
    package var index: Int
    /// The prompt whose keys and values are taken.
    package var leader: Int?
    /// How many tokens are taken.
    package var shared = 0
  }

  package struct Batch: Equatable {
    package var entries: [Entry]
    /// Others follow these.
    package var isShared: Bool
  }

  /// Each stands alone: no prompt has a leader of another window.
  package private(set) var windows: [[Batch]] = []

  /// Fewer tokens are not worth waiting for another prompt.
  package static let leastShared = 8
  /// Enough rows to fill the kernels, few enough that progress is seen and cancelling is quick.
  static let batchTokens = 512

  /// - Parameters:
  ///   - prompts: each of at least one token.
  ///   - tokenLimit: how many tokens may be kept at once.
  ///   - keepingWhole: what is taken from another prompt is kept once more, as whole runs are.
  package init(_ prompts: [[Int32]], tokenLimit: Int, keepingWhole: Bool = false) {
    let order = prompts.indices.sorted {
      prompts[$0] == prompts[$1] ? $0 < $1 : prompts[$0].lexicographicallyPrecedes(prompts[$1])
    }
    var window: [Entry] = []
    var shared: [Int] = []
    var tokens = 0
    let limit = min(tokenLimit, 8 * Self.batchTokens)
    for (place, index) in order.enumerated() {
      var common = place == 0 ? 0 : Self.common(prompts[order[place - 1]], prompts[index])
      let kept = prompts[index].count - (keepingWhole ? 0 : common)
      if !window.isEmpty, tokens + kept > limit {
        windows.append(Self.waves(window, shared, prompts))
        (window, shared, tokens, common) = ([], [], 0, 0)
      }
      shared.append(common)
      window.append(Entry(index: index))
      tokens += prompts[index].count - (keepingWhole ? 0 : common)
    }
    if !window.isEmpty { windows.append(Self.waves(window, shared, prompts)) }
  }

  /// At least the last token is always computed.
  private static func common(_ a: [Int32], _ b: [Int32]) -> Int {
    var count = 0
    let limit = min(a.count, b.count - 1)
    while count < limit, a[count] == b[count] { count += 1 }
    return count
  }

  /// The batches of one window: leaders before their followers.
  private static func waves(
    _ window: [Entry], _ shared: [Int], _ prompts: [[Int32]]
  ) -> [Batch] {
    var entries = window
    var depths = [Int](repeating: 0, count: window.count)
    // Open leaders with the number of tokens that the next prompt has in common with each.
    var open: [(place: Int, shared: Int)] = []
    for place in window.indices {
      for level in open.indices { open[level].shared = min(open[level].shared, shared[place]) }
      // Of leaders that share the same, the first is the least deep.
      let best = open.map(\.shared).max() ?? 0
      if best >= leastShared, let leader = open.first(where: { $0.shared == best }) {
        entries[place].leader = window[leader.place].index
        entries[place].shared = best
        depths[place] = depths[leader.place] + 1
      }
      open.removeAll { $0.shared < leastShared }
      open.append((place, prompts[window[place].index].count))
      // A later leader that shares no more than an earlier one leads nobody.
      var kept: [(place: Int, shared: Int)] = []
      for leader in open where leader.shared > kept.last?.shared ?? 0 { kept.append(leader) }
      open = kept
    }
    let leaders = Set(entries.compactMap(\.leader))
    return (0...(depths.max() ?? 0)).flatMap { depth in
      let wave = entries.indices.filter { depths[$0] == depth }.map { entries[$0] }
      return batches(wave.filter { leaders.contains($0.index) }, prompts, isShared: true)
        + batches(wave.filter { !leaders.contains($0.index) }, prompts, isShared: false)
    }
  }

  private static func batches(
    _ entries: [Entry], _ prompts: [[Int32]], isShared: Bool
  ) -> [Batch] {
    var batches: [Batch] = []
    var tokens = 0
    for entry in entries {
      let added = prompts[entry.index].count - entry.shared
      if batches.isEmpty || tokens + added > batchTokens {
        batches.append(Batch(entries: [], isShared: isShared))
        tokens = 0
      }
      batches[batches.count - 1].entries.append(entry)
      tokens += added
    }
    return batches
  }
}
