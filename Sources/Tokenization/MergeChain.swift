// The tokens of one word while they are merged: a linked list with a queue of possible merges.

/// A word under way from characters or bytes to tokens. Merging n of them takes O(n log n).
package struct MergeChain {
  private struct Link {
    var id: Int32
    /// The units of the word that this token covers.
    var span: Range<Int>
    /// Neighbours, or -1 at an end.
    var previous: Int
    var next: Int
    /// Swallowed by its left neighbour.
    var isDead = false
  }

  /// How a merged token came about.
  struct Split {
    let left: Int32
    let right: Int32
    /// Units that the left part covers.
    let leftCount: Int
  }

  private var links: [Link] = []
  private var queue = MinimumHeap()
  /// Whether `splits` is kept.
  var recordsSplits = false
  /// The last way in which each id could have been merged.
  private(set) var splits: [Int32: Split] = [:]

  package init() {}

  /// Begins a new word.
  package mutating func removeAll() {
    links.removeAll(keepingCapacity: true)
    queue.removeAll()
  }

  /// Adds a token at the end of the word.
  package mutating func append(_ id: Int32, span: Range<Int>) {
    if !links.isEmpty { links[links.count - 1].next = links.count }
    links.append(Link(id: id, span: span, previous: links.count - 1, next: -1))
  }

  /// Does every merge, lowest rank first, and leftmost first among equal ranks.
  package mutating func mergeAll(_ merges: MergeTable) {
    for index in links.indices { propose(index, merges) }
    while let (rank, index) = queue.popMinimum() {
      // A proposal is stale once either side has merged with something else.
      guard !links[index].isDead, links[index].next >= 0 else { continue }
      let next = links[index].next
      guard let merge = merges[links[index].id, links[next].id], merge.rank == rank else {
        continue
      }
      links[index].id = merge.id
      links[index].span = links[index].span.lowerBound..<links[next].span.upperBound
      links[index].next = links[next].next
      links[next].isDead = true
      if links[next].next >= 0 { links[links[next].next].previous = index }
      propose(index, merges)
      if links[index].previous >= 0 { propose(links[index].previous, merges) }
    }
  }

  /// Visits the tokens in order with the bytes that each covers.
  package func forEachToken(_ visit: (Int32, Range<Int>) -> Void) {
    var index = links.isEmpty ? -1 : 0
    while index >= 0 {
      visit(links[index].id, links[index].span)
      index = links[index].next
    }
  }

  private mutating func propose(_ index: Int, _ merges: MergeTable) {
    let next = links[index].next
    guard next >= 0, let merge = merges[links[index].id, links[next].id] else { return }
    queue.insert(rank: merge.rank, index: index)
    if recordsSplits {
      splits[merge.id] = Split(
        left: links[index].id, right: links[next].id, leftCount: links[index].span.count)
    }
  }
}

/// A binary heap of (rank, index), smallest first.
private struct MinimumHeap {
  private var keys: [UInt64] = []

  mutating func removeAll() { keys.removeAll(keepingCapacity: true) }

  mutating func insert(rank: UInt32, index: Int) {
    keys.append(UInt64(rank) << 32 | UInt64(index))
    var child = keys.count - 1
    while child > 0, keys[child] < keys[(child - 1) / 2] {
      keys.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  mutating func popMinimum() -> (rank: UInt32, index: Int)? {
    guard let last = keys.popLast() else { return nil }
    guard let minimum = keys.first else { return Self.split(last) }
    keys[0] = last
    var parent = 0
    while true {
      var child = 2 * parent + 1
      guard child < keys.count else { break }
      if child + 1 < keys.count, keys[child + 1] < keys[child] { child += 1 }
      guard keys[child] < keys[parent] else { break }
      keys.swapAt(child, parent)
      parent = child
    }
    return Self.split(minimum)
  }

  private static func split(_ key: UInt64) -> (rank: UInt32, index: Int) {
    (UInt32(key >> 32), Int(key & 0xFFFF_FFFF))
  }
}
