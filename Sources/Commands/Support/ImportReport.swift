// What `gar import` and `gar check` say of a file in the release's format.

import GAR
import JSONText

struct ImportReport {
  let found: OfficialImport
  let brokenCount: Int
  /// `nil` without a tokenizer, or without ranges in the file.
  let roles: RoleComparison?

  var json: JSONValue {
    .object([
      ("items", .int(found.items.count)), ("broken", .int(brokenCount)),
      ("examples", .int(found.exampleCount)), ("renderedExactly", .int(found.renderedExactly)),
      ("rolesExact", roles.map { .int($0.exact) } ?? .null), ("facts", facts),
      ("contradictions", .array(found.contradictions.map(\.json))),
      ("solverDisagreements", .array(found.disagreements.map(\.json))),
      ("roleDifferences", .array((roles?.differences ?? []).map(\.json))),
      ("undecided", .array(found.undecided.map(\.json))),
    ])
  }

  private var facts: JSONValue {
    let sources = FactSource.allCases.map {
      ($0.rawValue, JSONValue.int(found.facts.decided[$0] ?? 0))
    }
    return .object(sources + [("unknown", .int(found.facts.unknown))])
  }

  var text: String {
    var table = Table(["", ">"])
    table.add(["items", "\(found.items.count)"])
    table.add(["broken lines", "\(brokenCount)"])
    table.add(["written back byte for byte", "\(found.renderedExactly)"])
    table.add(["examples (rows)", "\(found.exampleCount)"])
    if let roles {
      table.add(["examples with token ranges", "\(roles.compared)"])
      table.add(["examples whose roles are exact", "\(roles.exact)"])
    }
    for source in FactSource.allCases {
      table.add(["memberships by \(source.rawValue)", "\(found.facts.decided[source] ?? 0)"])
    }
    table.add(["memberships unknown", "\(found.facts.unknown)"])
    table.add(["contradictory entities", "\(found.contradictions.count)"])
    table.add(["solver disagreements", "\(found.disagreements.count)"])
    table.add(["undecided for want of facts", "\(found.undecided.count)"])
    let lists = [
      roleText, contradictionText, disagreementText(found.disagreements + found.undecided),
    ].filter { !$0.isEmpty }
    return ([table.text] + lists).joined(separator: "\n\n")
  }

  private var roleText: String {
    guard let roles, !roles.differences.isEmpty else { return "" }
    var table = Table([">line", ">row", "role", "in the file", "by the tokenizer"])
    for entry in roles.differences {
      let lists = [entry.file, entry.ours].map { list in
        list.map { "\($0.lowerBound)–\($0.upperBound)" }.joined(separator: ", ")
      }
      table.add(["\(entry.line)", "\(entry.row)", entry.role] + lists)
    }
    return table.text
  }

  private var contradictionText: String {
    found.contradictions.map { contradiction in
      let groups = contradiction.groups.map {
        $0.source == .testimony
          ? "\($0.name) (\($0.rows) rows)" : "\($0.name) (\($0.source.rawValue))"
      }
      return "\(contradiction.entity): " + groups.joined(separator: ", ")
    }.joined(separator: "\n")
  }

  private func disagreementText(_ list: [SolverDisagreement]) -> String {
    guard !list.isEmpty else { return "" }
    var table = Table([">line", ">row", "cause", "about", "task"])
    for entry in list {
      table.add(["\(entry.line)", "\(entry.row)", entry.cause.rawValue, entry.detail, entry.taskID])
    }
    return table.text
  }
}

extension SolverDisagreement {
  var json: JSONValue {
    .object([
      ("line", .int(line)), ("row", .int(row)), ("task_id", .string(taskID)),
      ("cause", .string(cause.rawValue)), ("detail", .string(detail)),
    ])
  }
}

extension Contradiction {
  var json: JSONValue {
    let list = groups.map { group in
      JSONValue.object([
        ("group", .string(group.name)), ("source", .string(group.source.rawValue)),
        ("rows", .int(group.rows)),
      ])
    }
    return .object([
      ("schema", .string(schema.rawValue)), ("entity", .string(entity)), ("groups", .array(list)),
    ])
  }
}

extension RoleDifference {
  var json: JSONValue {
    func list(_ ranges: [Range<Int>]) -> JSONValue {
      .array(ranges.map { [.int($0.lowerBound), .int($0.upperBound)] })
    }
    return .object([
      ("line", .int(line)), ("row", .int(row)), ("role", .string(role)), ("file", list(file)),
      ("ours", list(ours)),
    ])
  }
}
