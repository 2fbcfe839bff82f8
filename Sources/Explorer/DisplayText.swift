// Text as a terminal shows it: unprintable characters made visible, widths in cells.

/// One printable character with the marks that combine with it; 1 or 2 cells wide.
package struct Cluster: Equatable {
  package var text: String
  package var width: Int
}

/// Splits text into what fills cells. Tabs, line breaks, escapes and invisible characters become
/// visible (`\t`, `\n`, `^[`, `<202E>`); joiners and variation selectors are dropped.
///
/// Widths follow `wcwidth`, one scalar at a time, because that is how terminals advance.
package func clusters(_ text: String) -> [Cluster] {
  var result: [Cluster] = []
  result.reserveCapacity(text.utf8.count)
  for scalar in text.unicodeScalars {
    if isPlain(scalar.value) {
      result.append(Cluster(text: String(scalar), width: 1))
      continue
    }
    if let name = visibleName(scalar) {
      for character in name.unicodeScalars {
        result.append(Cluster(text: String(character), width: 1))
      }
      continue
    }
    switch scalarWidth(scalar) {
    case 0: attach(scalar, to: &result)
    case let width: result.append(Cluster(text: String(scalar), width: width))
    }
  }
  return result
}

/// Printable ASCII, arrows, mathematical signs, boxes and blocks: one cell each. Most of a screen
/// is made of them, and this spares looking up their properties.
private func isPlain(_ value: UInt32) -> Bool {
  (0x20..<0x7F).contains(value) || (0x2190...0x22FF).contains(value)
    || (0x2500...0x25A0).contains(value)
}

/// Adds a combining mark to the character before it, or to a dotted circle at the start.
/// More than three marks are dropped: a curses cell holds five scalars.
private func attach(_ scalar: Unicode.Scalar, to result: inout [Cluster]) {
  switch scalar.value {
  case 0x200B...0x200D, 0x2060, 0xFE00...0xFE0F, 0xFEFF, 0xE0100...0xE01EF: return
  default: break
  }
  if result.isEmpty { result.append(Cluster(text: "\u{25CC}", width: 1)) }
  if result[result.count - 1].text.unicodeScalars.count < 4 {
    result[result.count - 1].text.unicodeScalars.append(scalar)
  }
}

/// How an unprintable scalar is written, or `nil` for a printable one.
private func visibleName(_ scalar: Unicode.Scalar) -> String? {
  switch scalar.value {
  case 0x09: return "\\t"
  case 0x0A: return "\\n"
  case 0x0D: return "\\r"
  case 0..<0x20: return "^" + String(Unicode.Scalar(UInt8(scalar.value + 0x40)))
  case 0x7F: return "^?"
  case 0x200B...0x200D, 0x2060, 0xFEFF: return nil
  default: break
  }
  switch scalar.properties.generalCategory {
  case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned, .surrogate:
    return "<" + String(scalar.value, radix: 16, uppercase: true) + ">"
  default: return nil
  }
}

/// Cells that a printable scalar fills: 0 for combining marks, 2 for East Asian wide and emoji.
///
/// Source: Unicode 15.1 `EastAsianWidth.txt` (W and F) and general categories Mn and Me.
package func scalarWidth(_ scalar: Unicode.Scalar) -> Int {
  let value = scalar.value
  if value < 0x300 { return 1 }
  if (0x1160...0x11FF).contains(value) || (0x200B...0x200D).contains(value) { return 0 }
  if value == 0x2060 || value == 0xFEFF { return 0 }
  switch scalar.properties.generalCategory {
  case .nonspacingMark, .enclosingMark: return 0
  default: break
  }
  return isWide(value) ? 2 : 1
}

private func isWide(_ value: UInt32) -> Bool {
  guard value >= 0x1100 else { return false }
  var low = 0
  var high = wideRanges.count
  while low < high {
    let middle = (low + high) / 2
    if wideRanges[middle].upperBound < value { low = middle + 1 } else { high = middle }
  }
  return low < wideRanges.count && wideRanges[low].contains(value)
}

/// Width of text in cells.
package func displayWidth(_ text: String) -> Int {
  if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return text.utf8.count }
  return clusters(text).reduce(0) { $0 + $1.width }
}

/// Text cut to a width, its last cell `…` where something is missing.
package func clipped(_ text: String, to width: Int) -> String {
  guard displayWidth(text) > width else { return text }
  guard width > 0 else { return "" }
  var result = ""
  var used = 0
  for cluster in clusters(text) {
    if used + cluster.width > width - 1 { break }
    result += cluster.text
    used += cluster.width
  }
  return result + "…"
}

/// Text cut or filled with spaces to exactly `width` cells.
package func padded(_ text: String, to width: Int, right: Bool = false) -> String {
  let cut = clipped(text, to: width)
  let fill = String(repeating: " ", count: max(0, width - displayWidth(cut)))
  return right ? fill + cut : cut + fill
}

/// A number with fixed decimals, `?` where it is not one.
package func decimal(_ value: Float, _ places: Int = 2, signed: Bool = false) -> String {
  guard value.isFinite else { return value.isNaN ? "?" : value > 0 ? "+inf" : "-inf" }
  var scale = 1.0
  for _ in 0..<places { scale *= 10 }
  let scaled = (abs(Double(value)) * scale).rounded()
  guard scaled < 1e15 else { return "\(value)" }
  let whole = Int(scaled) / Int(scale)
  let part = String(Int(scaled) % Int(scale))
  let sign = value < 0 && scaled > 0 ? "-" : signed ? "+" : ""
  guard places > 0 else { return sign + String(whole) }
  let zeros = String(repeating: "0", count: places - part.count)
  return "\(sign)\(whole).\(zeros)\(part)"
}

/// A share as `71.4%`, or `–` where nothing was counted.
package func percent(_ share: Float?) -> String {
  share.map { decimal($0 * 100, 1) + "%" } ?? "–"
}
