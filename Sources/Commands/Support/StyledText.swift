// Styled lines for a terminal that reads ANSI sequences, or plain ones for anything else.

import Explorer
import Foundation

/// What the place that text goes to can show.
struct TextDisplay {
  var colorDepth: ColorDepth
  var hasUnicode: Bool
  var width: Int

  /// Of standard output: colour only on a terminal and without `NO_COLOR`; Unicode by the locale.
  static func standardOutput() -> TextDisplay {
    TextDisplay(
      colorDepth: colorDepth(isTerminal: StandardOutput.isTerminal), hasUnicode: localeIsUTF8,
      width: terminalWidth(STDOUT_FILENO) ?? 80)
  }

  /// Of standard error.
  static func standardError() -> TextDisplay {
    TextDisplay(
      colorDepth: colorDepth(isTerminal: isatty(STDERR_FILENO) == 1), hasUnicode: localeIsUTF8,
      width: terminalWidth(STDERR_FILENO) ?? 80)
  }

  private static func colorDepth(isTerminal: Bool) -> ColorDepth {
    let environment = ProcessInfo.processInfo.environment
    let terminal = environment["TERM"] ?? "dumb"
    let isPlain = ["", "dumb"].contains(terminal) || terminal.hasPrefix("vt")
    guard isTerminal, environment["NO_COLOR", default: ""].isEmpty, !isPlain else { return .none }
    let hasMany = terminal.contains("256") || !environment["COLORTERM", default: ""].isEmpty
    return hasMany ? .many : .eight
  }

  private static var localeIsUTF8: Bool {
    setlocale(LC_CTYPE, "")
    guard let name = nl_langinfo(CInt(CODESET)) else { return false }
    return String(cString: name).uppercased() == "UTF-8"
  }

  private static func terminalWidth(_ descriptor: Int32) -> Int? {
    var size = winsize()
    guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
    return Int(size.ws_col)
  }

  /// A line as text, without spaces at its end.
  func text(_ line: Line) -> String {
    var line = line
    while let last = line.last, last.text.allSatisfy({ $0 == " " }) { line.removeLast() }
    return line.map { span in
      let text = hasUnicode ? span.text : ascii(span.text)
      let codes = Self.codes(span.style.appearance(colorDepth))
      guard colorDepth != .none, !codes.isEmpty, !text.isEmpty else { return text }
      return "\u{1B}[\(codes)m\(text)\u{1B}[0m"
    }.joined()
  }

  func text(_ lines: [Line]) -> String { lines.map { text($0) }.joined(separator: "\n") }

  /// Glyphs of ours have ASCII twins; letters of names stay as they are.
  private func ascii(_ text: String) -> String {
    text.map { $0.isASCII || $0.isLetter ? String($0) : asciiTwin(String($0)) }.joined()
  }

  private static func codes(_ look: Appearance) -> String {
    var codes: [String] = []
    if look.isBold { codes.append("1") }
    if look.isDim { codes.append("2") }
    if look.isUnderlined { codes.append("4") }
    if look.isReversed { codes.append("7") }
    for (color, base) in [(look.foreground, 30), (look.background, 40)] where color >= 0 {
      codes.append(color < 8 ? "\(base + Int(color))" : "\(base + 8);5;\(color)")
    }
    return codes.joined(separator: ";")
  }
}
