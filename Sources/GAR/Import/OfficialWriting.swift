// Writes items in the format of the paper's release.

import JSONText
import Tokenization

/// Appends one item as a line of the release's format.
///
/// - Parameters:
///   - item: the item.
///   - tokenizer: whose tokens `ranges` counts; without one the line has none.
///   - out: where the line goes.
package func writeOfficial(_ item: Item, tokenizer: Tokenizer?, to out: inout JSONWriter) {
  out.object { out in
    out.key("task_id")
    out.string(item.task.officialID(pairCount: item.pairCount))
    out.key("texts")
    out.string(item.text)
    guard let tokenizer else { return }
    out.key("ranges")
    out.array { out in
      for ranges in OfficialRanges.all(of: item, tokenizer: tokenizer) {
        write(ranges, isNegated: item.task.isNegated, to: &out)
      }
    }
  }
  out.endLine()
}

private func write(_ ranges: OfficialRanges, isNegated: Bool, to out: inout JSONWriter) {
  let lists: Set<Role> = isNegated ? [.key, .value] : [.distractorKeys, .distractorValues]
  out.object { out in
    for role in [
      Role.end, .answer, .value, .query, .key, .negation, .distractorKeys, .distractorValues,
    ] {
      out.key(role == .answer && isNegated ? "A'" : role.rawValue)
      let found = ranges.roles[role] ?? []
      if lists.contains(role) {
        out.array { out in
          out.array { out in for range in found { out.integer(range.lowerBound) } }
          out.array { out in for range in found { out.integer(range.upperBound) } }
        }
      } else if let range = found.first {
        write(range, to: &out)
      } else {
        out.null()
      }
    }
    guard let example = ranges.example else { return }
    out.key("example")
    write(example, to: &out)
  }
}

private func write(_ range: Range<Int>, to out: inout JSONWriter) {
  out.array { out in
    out.integer(range.lowerBound)
    out.integer(range.upperBound)
  }
}

/// Items in the format of the paper's release, UTF-8.
public func officialLines(of items: [Item], tokenizer: Tokenizer?) -> [UInt8] {
  var out = JSONWriter()
  for item in items { writeOfficial(item, tokenizer: tokenizer, to: &out) }
  return out.bytes
}
