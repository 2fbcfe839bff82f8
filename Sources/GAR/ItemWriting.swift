// Writes items as JSONL: one object a line, keys in a fixed order, so that equal items give equal
// bytes.

import Foundation
import JSONText

/// Appends one item and its line break.
package func write(_ item: Item, to out: inout JSONWriter) {
  out.object { out in
    out.key("id")
    out.string(item.id)
    out.key("task")
    writeTask(of: item, to: &out)
    out.key("rows")
    out.array { out in for row in item.rows { write(row, to: &out) } }
    if let preamble = item.preamble {
      out.key("preamble")
      out.string(preamble)
    }
    out.key("text")
    out.string(item.text)
    out.key("prompt")
    out.string(item.prompt)
    out.key("answer")
    out.string(item.answer)
    out.key("foil")
    out.string(item.foil)
    out.key("roles")
    out.array { out in for roles in item.roles { write(roles, to: &out) } }
    if let partner = item.partnerID {
      out.key("partner")
      out.string(partner)
    }
    if let claim = item.partnerClaim {
      out.key("partnerClaim")
      out.string(claim)
    }
  }
  out.endLine()
}

private func writeTask(of item: Item, to out: inout JSONWriter) {
  let task = item.task
  out.object { out in
    out.key("id")
    out.string(task.officialID(pairCount: item.pairCount))
    out.key("schemas")
    out.array { out in for schema in task.schemas { out.string(schema.rawValue) } }
    out.key("relations")
    out.array { out in for relation in task.relations { out.string(relation.rawValue) } }
    out.key("polarity")
    out.string(task.isNegated ? "negated" : "affirmative")
    out.key("form")
    out.string(task.form.rawValue)
    out.key("swapped")
    out.boolean(task.isSwapped)
    out.key("exchanged")
    out.boolean(task.isExchanged)
    out.key("relationCount")
    out.integer(task.relationCount)
    out.key("pairs")
    out.integer(item.pairCount)
    out.key("shots")
    out.integer(item.shotCount)
  }
}

private func write(_ row: Row, to out: inout JSONWriter) {
  out.object { out in
    out.key("pairs")
    out.array { out in
      for pair in row.pairs {
        out.array { out in
          out.string(pair.key)
          out.string(pair.value)
        }
      }
    }
    out.key("target")
    out.integer(row.target)
    out.key("query")
    out.string(row.query)
    out.key("answer")
    write(name: row.answer, to: &out)
    out.key("candidates")
    out.array { out in for candidate in row.candidates { write(name: candidate, to: &out) } }
    if let claim = row.claim, let label = row.label {
      out.key("claim")
      out.string(claim)
      out.key("label")
      out.string(label)
    }
  }
}

/// An answer that nobody knows is null.
private func write(name: String, to out: inout JSONWriter) {
  if name.isEmpty { out.null() } else { out.string(name) }
}

private func write(_ roles: [Role: [Range<Int>]], to out: inout JSONWriter) {
  out.object { out in
    for role in Role.allCases {
      guard let ranges = roles[role] else { continue }
      out.key(role.rawValue)
      out.array { out in
        for range in ranges {
          out.array { out in
            out.integer(range.lowerBound)
            out.integer(range.upperBound)
          }
        }
      }
    }
  }
}

/// Writes items to a JSONL file, replacing what was there.
///
/// - Throws: `ItemFileError.unwritable`.
public func writeItems(_ items: [Item], to path: String) throws {
  do {
    try Data(jsonLines(of: items)).write(to: URL(filePath: path))
  } catch {
    throw ItemFileError.unwritable(file: path, reason: error.localizedDescription)
  }
}

/// Items as JSONL, UTF-8.
public func jsonLines(of items: [Item]) -> [UInt8] {
  var out = JSONWriter()
  out.reserve(items.reduce(0) { $0 + 3 * $1.text.utf8.count + 800 })
  for item in items { write(item, to: &out) }
  return out.bytes
}
