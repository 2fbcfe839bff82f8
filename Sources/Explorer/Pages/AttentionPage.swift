// The attention page: the selected head's pattern as a map, query positions down, key positions across.

import Engine
import GAR
import Interpretability
import Results

/// One head's attention pattern over a prompt, in the plain run and under the edits.
public struct AttentionMap: Equatable, Sendable {
  public var head: HeadIndex
  /// T; keys are the same positions.
  public var tokenCount: Int
  /// `[T, S]`, query-major, in [0, 1].
  public var plain: [Float]
  /// The same under the edits; `nil` without edits.
  public var edited: [Float]?
  /// The pair of roles that carries most of the head's attention-weighted attribution.
  public var rolePair: RolePair?

  public init(
    head: HeadIndex, tokenCount: Int, plain: [Float], edited: [Float]?, rolePair: RolePair?
  ) {
    self.head = head
    self.tokenCount = tokenCount
    self.plain = plain
    self.edited = edited
    self.rolePair = rolePair
  }
}

/// Which run an attention map or a lens shows.
public enum RunShown: String, CaseIterable, Codable, Sendable {
  /// Under the edits, where there are any.
  case edited
  case plain
  /// Under the edits minus plain.
  case change

  package var title: String {
    switch self {
    case .edited: "edited run"
    case .plain: "plain run"
    case .change: "edited − plain"
    }
  }
}

extension PageDefinition {
  static let attention = PageDefinition(
    title: "attention", help: "the selected head's attention: query positions by key positions",
    question: { state in
      guard let item = state.item, state.facts.holds(state.head) else { return nil }
      return .attentionMap(item: item, head: state.head, edits: state.edits)
    },
    caption: attentionCaption, body: .grid(attentionGrid, draw: drawAttention),
    files: attentionFiles, bindings: Binding.attentionPage)
}

extension Binding {
  fileprivate static let attentionPage: [Binding] = [
    Binding(
      [.char("]")], ["head-next"], .on(.attention), "the next head", hint: "next head",
      .stepHead(by: 1)),
    Binding(
      [.char("[")], ["head-previous"], .on(.attention), "the head before", hint: "head before",
      .stepHead(by: -1)),
    runBinding,
  ]

  private static let runBinding = Binding(
    [.char("v")], ["attention-run"], .on(.attention),
    "the edited run, the plain run, what the edits change", hint: "run", .nextRun,
    unless: { $0.edits.isEmpty ? "no head is edited: there is one run" : nil })
}

extension ExplorerState {
  package var attentionMap: AttentionMap? {
    if case .attention(let map)? = finding(.attention) { map } else { nil }
  }

  /// The run that pages show: the plain one where nothing is edited.
  package var shownRun: RunShown { edits.isEmpty ? .plain : run }

  mutating func nextRun() {
    let all = RunShown.allCases
    run = all[((all.firstIndex(of: run) ?? 0) + 1) % all.count]
  }

  /// Goes through all heads, layer by layer.
  mutating func stepHead(by offset: Int) -> [Effect] {
    let count = facts.layerCount * facts.headCount
    guard count > 0 else { return [] }
    let next = min(max(0, head.layer * facts.headCount + head.head + offset), count - 1)
    return select(HeadIndex(layer: next / facts.headCount, head: next % facts.headCount))
  }
}

extension AttentionMap {
  /// What is shown of a cell; `nil` for keys after the query.
  package func value(query: Int, key: Int, _ run: RunShown) -> Float? {
    guard key <= query, query < tokenCount else { return nil }
    let index = query * tokenCount + key
    switch run {
    case .plain: return plain[index]
    case .edited: return (edited ?? plain)[index]
    case .change: return (edited ?? plain)[index] - plain[index]
    }
  }

  func values(_ run: RunShown) -> [Float] {
    switch run {
    case .plain: plain
    case .edited: edited ?? plain
    case .change: zip(edited ?? plain, plain).map { $0 - $1 }
    }
  }
}

private func attentionCaption(_ state: ExplorerState) -> Line {
  let kind = state.kind(of: state.head)
  var line: Line = [Span(" · "), Span("\(state.head)", Style(.title, .bold))]
  if kind != .neither {
    line += [Span(" "), Span(kind.name, Style(kind == .trueHead ? .trueHead : .falseHead))]
  }
  if let map = state.attentionMap, map.head == state.head, let pair = map.rolePair {
    line.append(Span(" · " + pair.summary))
  }
  if let edit = state.edits[state.head] { line.append(Span(" · " + edit.name, .ablated)) }
  return line + [Span(" · " + state.shownRun.title, state.edits.isEmpty ? .faint : Style(.key))]
}

/// Columns for the name of a query position.
func attentionLabelWidth(_ inner: Rect) -> Int { inner.width >= 90 ? 20 : 14 }

/// Two rows above for the keys' roles and numbers, two below for the cell and the legend.
private func attentionGrid(_ state: ExplorerState, _ inner: Rect) -> PageGrid {
  let count = state.attentionMap?.tokenCount ?? 0
  let left = attentionLabelWidth(inner)
  let area = Rect(
    x: inner.x + left, y: inner.y + 2, width: inner.width - left, height: inner.height - 4)
  let query = min(state.query ?? count - 1, count - 1)
  return PageGrid(
    rows: count, columns: count, area: area,
    cellWidth: count > 0 ? min(3, max(1, area.width / count)) : 1,
    start: PageCursor(row: query, column: strongestKey(state.attentionMap, query: query)))
}

private func strongestKey(_ map: AttentionMap?, query: Int) -> Int {
  guard let map, query >= 0 else { return 0 }
  let row = (0...query).map { map.value(query: query, key: $0, .edited) ?? 0 }
  return row.indices.max { row[$0] < row[$1] } ?? 0
}

private func drawAttention(
  _ state: ExplorerState, _ grid: PageGrid, _ inner: Rect, _ cells: inout CellBuffer
) {
  guard let map = state.attentionMap, let detail = state.detail,
    detail.tokens.count == map.tokenCount
  else {
    let line = state.waitingLine(.attention, "reading the head's attention…")
    cells.put(fitted(line, to: inner.width), x: inner.x, y: inner.y, clip: inner)
    return
  }
  let picture = AttentionPicture(state: state, map: map, detail: detail, grid: grid, inner: inner)
  picture.drawKeys(into: &cells)
  picture.drawRows(into: &cells)
  picture.drawFoot(into: &cells)
}

private func attentionFiles(_ state: ExplorerState) -> [ExportFile] {
  guard let map = state.attentionMap, let detail = state.detail,
    detail.tokens.count == map.tokenCount
  else { return [] }
  let values = map.values(state.shownRun)
  func fields(_ position: Int) -> [String] {
    let token = detail.tokens[position]
    return ["\(position)", token.text, token.role?.rawValue ?? ""]
  }
  var csv = CSVText()
  csv.add([
    "query", "query_token", "query_role", "key", "key_token", "key_role",
    state.shownRun == .change ? "change" : "attention",
  ])
  for query in 0..<map.tokenCount {
    for key in 0...query {
      csv.add(fields(query) + fields(key) + ["\(values[query * map.tokenCount + key])"])
    }
  }
  return [
    ExportFile(".csv", .text(csv.text)),
    ExportFile(".npy", .array(values, shape: [map.tokenCount, map.tokenCount])),
  ]
}
