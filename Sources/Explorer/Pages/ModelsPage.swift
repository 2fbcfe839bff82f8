// The models page: the models on this machine; choosing one opens the explorer on it.

import Results

/// One model on this machine.
public struct ModelListing: Equatable, Sendable {
  /// What `--model` takes; `nil` for the built-in model.
  public var model: String?
  public var name: String
  /// Where it lies: Hugging Face, Ollama, …
  public var place: String
  public var size: String
  public var elementType: String
  public var family: String
  /// Why it cannot be loaded.
  public var problem: String?

  public init(
    model: String?, name: String, place: String, size: String, elementType: String,
    family: String, problem: String?
  ) {
    self.model = model
    self.name = name
    self.place = place
    self.size = size
    self.elementType = elementType
    self.family = family
    self.problem = problem
  }
}

extension PageDefinition {
  static let models = PageDefinition(
    title: "models", help: "the models on this machine; Enter opens one on the same items",
    names: ["models"], isAboutItem: false, takesEdits: false, question: { _ in .models },
    caption: { state in
      [Span(" · \(state.modelList?.count ?? 0) on this machine; nothing is ever fetched", .faint)]
    },
    body: .lines(modelLines), move: moveInModels, click: clickModel, files: modelFiles,
    bindings: [
      Binding(
        [.enter], ["open-model"], .on(.models), "open the model on the same items", hint: "open",
        .openSelectedModel),
      Binding(
        command: ["model"], "NAME", .pages, "open another model on the same items"
      ) { text, _ in text.isEmpty ? nil : .openModel(text) },
    ])
}

extension ExplorerState {
  package var modelList: [ModelListing]? {
    if case .models(let list)? = finding(.models) { list } else { nil }
  }

  /// The line of the cursor.
  fileprivate var modelRow: Int {
    min(max(0, pages.cursors[.models]?.row ?? 0), max(0, (modelList?.count ?? 0) - 1))
  }

  mutating func openSelectedModel() {
    guard let list = modelList, list.indices.contains(modelRow) else { return }
    let listing = list[modelRow]
    if let problem = listing.problem {
      message = Message(text: "\(listing.name) cannot be loaded: \(problem)", isProblem: true)
    } else {
      exit = .reopen(.model(listing.model))
    }
  }
}

private func modelLines(_ state: ExplorerState, width: Int) -> PageLines {
  guard let list = state.modelList else {
    return PageLines([state.waitingLine(.models, "looking for models…")])
  }
  let titles = ["model", "from", "size", "type", "family", "loads"]
  let rows = list.map { listing in
    [
      listing.name, listing.place, listing.size, listing.elementType, listing.family,
      listing.problem.map { "no: \($0)" } ?? "yes",
    ]
  }
  // Names give way where the screen is narrow; the reason takes what is left.
  let natural = titles.indices.map { column in
    ([titles] + rows).map { displayWidth($0[column]) }.max() ?? 0
  }
  let others = natural[1..<5].reduce(0) { $0 + $1 + 2 }
  let nameWidth = max(12, min(natural[0], width - others - 8))
  let widths = [nameWidth] + natural[1..<5]
  @Sendable func line(_ fields: [String]) -> String {
    zip(fields, widths).enumerated().map { column, entry in
      padded(entry.0, to: entry.1, right: column == 2) + "  "
    }.joined() + (fields.last ?? "")
  }
  let selected = state.modelRow
  return PageLines(
    pinned: [[Span("  " + line(titles), .faint)]], count: rows.count, selected: selected
  ) { row in
    let isHere = row == selected
    let ink: Ink = list[row].problem == nil ? .plain : .faint
    return [
      Span(isHere ? "▸ " : "  ", Style(.key, .bold)),
      Span(line(rows[row]), Style(ink, isHere ? [.reverse] : [])),
    ]
  }
}

private func moveInModels(
  _ state: inout ExplorerState, _ direction: Direction, _ count: Int
) -> [Effect] {
  let down = direction == .down ? count : direction == .up ? -count : 0
  state.setModelRow(state.modelRow + down)
  return []
}

private func clickModel(_ state: inout ExplorerState, _ place: PageCursor) -> [Effect] {
  state.setModelRow(place.row)
  return []
}

extension ExplorerState {
  fileprivate mutating func setModelRow(_ row: Int) {
    let last = max(0, (modelList?.count ?? 0) - 1)
    pages.cursors[.models] = PageCursor(row: min(max(0, row), last))
  }
}

private func modelFiles(_ state: ExplorerState) -> [ExportFile] {
  var csv = CSVText()
  csv.add(["model", "from", "size", "type", "family", "problem"])
  for listing in state.modelList ?? [] {
    csv.add([
      listing.name, listing.place, listing.size, listing.elementType, listing.family,
      listing.problem ?? "",
    ])
  }
  return [ExportFile(".csv", .text(csv.text))]
}
