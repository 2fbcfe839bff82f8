// From input to actions: keys through the binding table, command lines through the same table.

/// What an input event asks for in this state; `nil` where it means nothing.
public func action(for event: InputEvent, in state: ExplorerState) -> Action? {
  switch event {
  case .resize(let size): return .resize(size)
  case .interrupt: return .interrupt
  case .click(let x, let y):
    return state.isHelpShown ? .closeHelp : .click(x: x, y: y)
  case .wheel(let x, let y, let lines): return .wheel(x: x, y: y, lines: lines)
  case .key(let key): return action(for: key, in: state)
  }
}

private func action(for key: Key, in state: ExplorerState) -> Action? {
  let context: Binding.Context = state.line != nil ? .line : state.isHelpShown ? .help : .browse
  let table = context == .browse ? pageTable[state.page] : contextTable[context]
  if let binding = table?[key] {
    return binding.disabledReason(state).map { .problem($0) } ?? binding.action
  }
  switch context {
  case .line: return .lineKey(key)
  case .help: return nil
  case .browse:
    return key == .escape ? nil : .problem("\(key.name) has no meaning here; ? lists the keys")
  }
}

private let contextTable: [Binding.Context: [Key: Binding]] = Dictionary(
  grouping: Binding.all, by: \.context
).mapValues(keyTable)

private let pageTable: [Page: [Key: Binding]] = Dictionary(
  uniqueKeysWithValues: Page.allCases.map { page in
    let here = Binding.all.filter { $0.context == .browse && $0.pages.contains(page) }
    let ofThisPage = keyTable(here.filter(\.isOfOnePage))
    return (page, keyTable(here.filter { !$0.isOfOnePage }).merging(ofThisPage) { $1 })
  })

private func keyTable(_ bindings: [Binding]) -> [Key: Binding] {
  var table: [Key: Binding] = [:]
  for binding in bindings { for key in binding.keys { table[key] = binding } }
  return table
}

/// Commands that `:` takes.
package let commands: [Binding] = Binding.all.filter { $0.context == .browse }

/// Reads a command line such as `item 37`.
package func action(forCommand line: String, in state: ExplorerState) -> Action? {
  let parts = line.split(separator: " ", maxSplits: 1).map(String.init)
  guard let name = parts.first else { return nil }
  let rest = parts.count > 1 ? trimmed(parts[1]) : ""
  guard let binding = command(named: name) else {
    return .problem("no command “\(name)”; Tab completes, ? lists all")
  }
  if !binding.pages.contains(state.page),
    let page = Page.allCases.first(where: binding.pages.contains)
  {
    return .problem(
      "\(binding.names[0]) belongs to the \(page.definition.title) page: key \(page.number)")
  }
  if let reason = binding.disabledReason(state) { return .problem(reason) }
  if let action = binding.action {
    return rest.isEmpty ? action : .problem("\(binding.names[0]) takes no argument")
  }
  return binding.parse?(rest, state)
    ?? .problem("\(binding.names[0]) takes \(binding.argument ?? ""): \(binding.help)")
}

/// A command by its name, an alias, or an unambiguous beginning.
private func command(named name: String) -> Binding? {
  if let exact = commands.first(where: { $0.names.contains(name) }) { return exact }
  let matches = commands.filter { $0.names[0].hasPrefix(name) }
  return matches.count == 1 ? matches[0] : nil
}

/// Completes the name at the start of a command line.
/// - Returns: the longer text, and the names that still fit.
package func completed(_ text: String) -> (text: String, names: [String]) {
  guard !text.contains(" ") else { return (text, []) }
  let names = commands.flatMap(\.names).filter { $0.hasPrefix(text) }
  guard let first = names.first else { return (text, []) }
  if names.count == 1 { return (first + " ", []) }
  var common = first
  while !names.allSatisfy({ $0.hasPrefix(common) }) { common.removeLast() }
  return (common, names)
}

private func trimmed(_ text: String) -> String {
  var text = text[...]
  while text.first == " " { text.removeFirst() }
  while text.last == " " { text.removeLast() }
  return String(text)
}
