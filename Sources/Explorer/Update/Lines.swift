// The filter and command lines.

extension ExplorerState {
  mutating func setFilter(_ text: String) {
    filter = ItemFilter(text)
    refilter()
    scroll.items = 0
    reveal()
  }

  /// Finds the items that pass the filter as things stand.
  mutating func refilter() {
    guard !filter.isEmpty else {
      if shown.count != items.count { shown = Array(items.indices) }
      return
    }
    shown = items.indices.filter {
      filter.passes(
        items[$0], plain: plainVerdicts[$0], edited: editedVerdicts[$0], isHidden: isHidden($0))
    }
  }

  /// Without a name, under the one it was saved or opened with.
  mutating func saveSession(_ name: String) -> [Effect] {
    guard let name = name.isEmpty ? sessionName : name else {
      message = Message(text: "name the session: w NAME", isProblem: true)
      return []
    }
    sessionName = name
    return [ask(.saveSession(name: name, Snapshot(self)))]
  }

  mutating func typeInLine(_ key: Key) {
    if key == .backspace, line?.text.isEmpty == true { return cancelLine() }
    line?.apply(key)
    if let line, line.purpose == .filter { setFilter(line.text) }
  }

  mutating func acceptLine() -> [Effect] {
    guard let line else { return [] }
    self.line = nil
    switch line.purpose {
    case .filter:
      // The open item stays if it passes; else the first that does is opened.
      guard let first = shown.first, item.flatMap({ position(of: $0) }) == nil else { return [] }
      return open(first)
    case .command:
      guard let action = action(forCommand: line.text, in: self) else { return [] }
      return update(&self, action)
    case .answer:
      takeOwnAnswer(line.text)
      return []
    }
  }

  mutating func cancelLine() {
    guard let line else { return }
    self.line = nil
    if line.purpose == .filter { setFilter(line.former) }
  }

  mutating func completeLine() {
    guard let line, line.purpose == .command else { return }
    let (text, names) = completed(line.text)
    self.line?.text = text
    if !names.isEmpty {
      message = Message(text: names.joined(separator: "  "), isProblem: false)
    }
  }
}
