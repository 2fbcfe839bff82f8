// Writes scored prompts as JSONL of their own kind, which can be read again.

import JSONText

/// Scored prompts as JSONL, UTF-8: the text as it was, and for each row what was read of it.
public func scoredLines(of prompts: [ScoredPrompt]) -> [UInt8] {
  var out = JSONWriter()
  for prompt in prompts {
    out.object { out in
      out.key("id")
      out.string(prompt.id)
      out.key("task_id")
      out.string(prompt.taskID)
      out.key("texts")
      out.string(prompt.text)
      out.key("rows")
      out.array { out in for row in prompt.rows { write(row, to: &out) } }
    }
    out.endLine()
  }
  return out.bytes
}

private func write(_ row: ScoredRow, to out: inout JSONWriter) {
  out.object { out in
    out.key("range")
    out.value(bounds(row.range))
    out.key("answer")
    out.value(.optional(row.answer))
    out.key("answerRange")
    out.value(row.answerRange.map(bounds) ?? .null)
    out.key("candidates")
    out.value(.array(row.candidates.map { .string($0) }))
    out.key("structure")
    out.value(row.structure.map(json) ?? .null)
  }
}

private func bounds(_ range: Range<Int>) -> JSONValue {
  [.int(range.lowerBound), .int(range.upperBound)]
}

private func json(_ structure: ScoredStructure) -> JSONValue {
  .object([
    ("pairs", .array(structure.pairs.map { [.string($0.key), .string($0.value)] })),
    ("target", .int(structure.target)), ("query", .optional(structure.query)),
    ("relation", .string(structure.relation.rawValue)), ("negated", .bool(structure.isNegated)),
    ("asksForPerson", .bool(structure.asksForPerson)),
  ])
}
