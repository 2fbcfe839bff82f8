// Key scripts: what a person would type, as a text file.

/// Keys to replay, read from text.
///
/// Each character is a key and blanks between them mean nothing: `n n t` is three keys, `:q` two.
/// Named keys stand in angle brackets: `<Tab> <S-Tab> <Space> <Enter> <Esc> <Up> <Down> <Left>
/// <Right> <Home> <End> <PgUp> <PgDn> <Backspace> <Del> <lt> <Hash> <C-c>`, and so do
/// `<Click 30 12>`, `<WheelUp 3 4>`, `<WheelDown 3 4>` (column and row from 0) and
/// `<Resize 80x24>`. Text in double quotes is typed as it is, blanks included. The word `wait`
/// waits for all background work, which is also the default after every key; after `nowait` only
/// answers about the open item are waited for. A `#` begins a comment.
public struct KeyScript: Equatable, Sendable {
  public enum Step: Equatable, Sendable {
    case event(InputEvent)
    case wait, noWait
  }

  public private(set) var steps: [Step] = []

  /// - Throws: `KeyScriptError`, which names the line.
  public init(_ text: String) throws {
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    for (index, line) in lines.enumerated() {
      do {
        var scanner = LineScanner(rest: line)
        while let found = try scanner.next() { steps += found }
      } catch let error as KeyScriptError {
        throw KeyScriptError(line: index + 1, reason: error.reason)
      }
    }
  }
}

/// A key script that cannot be read.
public struct KeyScriptError: Error, Equatable, CustomStringConvertible {
  /// From 1.
  public var line: Int
  public var reason: String

  public var description: String { "key script line \(line): \(reason)" }
}

private struct LineScanner {
  var rest: Substring

  /// The steps of the next word or key; `nil` at the end of the line.
  mutating func next() throws -> [KeyScript.Step]? {
    rest = rest.drop { $0 == " " || $0 == "\t" }
    guard let first = rest.first, first != "#" else { return nil }
    if let step = directive() { return [step] }
    if first == "\"" { return try quoted() }
    rest.removeFirst()
    guard first == "<" else { return [.event(.key(.char(first)))] }
    guard let close = rest.firstIndex(of: ">") else {
      throw KeyScriptError(line: 0, reason: "“<” without “>”; write <lt> for the key itself")
    }
    let name = String(rest[..<close])
    rest = rest[rest.index(after: close)...]
    guard let event = event(named: name) else {
      throw KeyScriptError(line: 0, reason: "no key is called <\(name)>")
    }
    return [.event(event)]
  }

  /// The words `wait` and `nowait`, standing alone.
  private mutating func directive() -> KeyScript.Step? {
    let word = rest.prefix { $0 != " " && $0 != "\t" }
    let step: KeyScript.Step
    switch word {
    case "wait": step = .wait
    case "nowait": step = .noWait
    default: return nil
    }
    rest = rest.dropFirst(word.count)
    return step
  }

  private mutating func quoted() throws -> [KeyScript.Step] {
    rest.removeFirst()
    guard let close = rest.firstIndex(of: "\"") else {
      throw KeyScriptError(line: 0, reason: "text without a closing quotation mark")
    }
    let text = rest[..<close]
    rest = rest[rest.index(after: close)...]
    return text.map { .event(.key(.char($0))) }
  }
}

private func event(named name: String) -> InputEvent? {
  let words = name.split(separator: " ").map(String.init)
  let numbers = words.dropFirst().map { Int($0) }
  switch (words.first?.lowercased(), numbers.count) {
  case ("click", 2):
    guard let x = numbers[0], let y = numbers[1] else { return nil }
    return .click(x: x, y: y)
  case ("wheelup", 2), ("wheeldown", 2):
    guard let x = numbers[0], let y = numbers[1] else { return nil }
    return .wheel(x: x, y: y, lines: words[0].lowercased() == "wheelup" ? -3 : 3)
  case ("resize", 1): return Size(words[1]).map { .resize($0) }
  case ("c-c", 0): return .interrupt
  case (let key?, 0): return key.isEmpty ? nil : keyEvent(key)
  default: return nil
  }
}

private func keyEvent(_ name: String) -> InputEvent? {
  if name.hasPrefix("c-"), name.count == 3, let last = name.last {
    return .key(.control(last))
  }
  return keyNames[name].map { .key($0) }
}

private let keyNames: [String: Key] = [
  "tab": .tab, "s-tab": .backTab, "space": .char(" "), "enter": .enter, "esc": .escape,
  "up": .up, "down": .down, "left": .left, "right": .right, "home": .home, "end": .end,
  "pgup": .pageUp, "pgdn": .pageDown, "backspace": .backspace, "del": .delete,
  "lt": .char("<"), "hash": .char("#"), "quote": .char("\""),
]
