// Aligned text for people, and numbers as they are shown.

import Foundation

/// Columns of text, the width of each that of its widest cell.
struct Table {
  enum Alignment { case left, right }

  var header: [String]
  var alignments: [Alignment]
  var rows: [[String]] = []

  /// Takes the columns' names; one that starts with `>` is aligned right.
  init(_ columns: [String]) {
    header = columns.map { $0.hasPrefix(">") ? String($0.dropFirst()) : $0 }
    alignments = columns.map { $0.hasPrefix(">") ? .right : .left }
  }

  mutating func add(_ cells: [String]) {
    precondition(
      cells.count == header.count, "Table: \(cells.count) cells, \(header.count) columns")
    rows.append(cells)
  }

  var text: String {
    let all = header.allSatisfy(\.isEmpty) ? rows : [header] + rows
    let widths = header.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
    return all.map { line(of: $0, widths: widths) }.joined(separator: "\n")
  }

  /// Of the longest line, in characters.
  var width: Int { text.split(separator: "\n").map(\.count).max() ?? 0 }

  /// The same as Markdown, which aligns by itself.
  var markdown: String {
    let marks = alignments.map { $0 == .right ? "---:" : ":---" }
    return ([header, marks] + rows).map { cells in
      "| " + cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |"
    }.joined(separator: "\n")
  }

  /// The same for LaTeX, with the rules of the package booktabs.
  var latex: String {
    let columns = alignments.map { $0 == .right ? "r" : "l" }.joined()
    func row(_ cells: [String]) -> String {
      cells.map(latexText).joined(separator: " & ") + " \\\\"
    }
    let lines =
      ["\\begin{tabular}{\(columns)}", "\\toprule", row(header), "\\midrule"]
      + rows.map(row) + ["\\bottomrule", "\\end{tabular}"]
    return lines.joined(separator: "\n")
  }

  /// The same as an element of a page.
  var html: String {
    func row(_ cells: [String], _ tag: String) -> String {
      let columns = zip(cells, alignments).map { cell, alignment in
        // A name that begins with spaces stands below a group's.
        let isInner = cell.hasPrefix("  ")
        let kind = alignment == .right ? " class=\"n\"" : isInner ? " class=\"inner\"" : ""
        return "<\(tag)\(kind)>\(xmlText(cell))</\(tag)>"
      }
      return "<tr>\(columns.joined())</tr>"
    }
    return "<table>\n<thead>\(row(header, "th"))</thead>\n<tbody>\n"
      + rows.map { row($0, "td") }.joined(separator: "\n") + "\n</tbody>\n</table>"
  }

  private func line(of cells: [String], widths: [Int]) -> String {
    let padded = cells.indices.map { column in
      let space = String(repeating: " ", count: widths[column] - cells[column].count)
      return alignments[column] == .right ? space + cells[column] : cells[column] + space
    }
    let line = padded.joined(separator: "  ")
    return String(line.reversed().drop { $0 == " " }.reversed())
  }
}

/// Text for LaTeX: its own characters escaped, and mathematical ones by their names.
func latexText(_ text: String) -> String {
  let names: [Character: String] = [
    "&": "\\&", "%": "\\%", "$": "\\$", "#": "\\#", "_": "\\_", "{": "\\{", "}": "\\}",
    "~": "\\textasciitilde{}", "^": "\\textasciicircum{}", "\\": "\\textbackslash{}",
    "<": "$<$", ">": "$>$", "±": "$\\pm$", "×": "$\\times$", "·": "$\\cdot$", "∋": "$\\ni$",
    "≈": "$\\approx$", "≠": "$\\neq$", "−": "$-$", "–": "--", "…": "\\ldots{}",
  ]
  // A sign would be set as a hyphen.
  if text.first == "-", text.dropFirst().first?.isNumber == true {
    return "$-$" + latexText(String(text.dropFirst()))
  }
  return text.map { names[$0] ?? String($0) }.joined()
}

/// Text for XML and HTML; characters that XML lacks become �.
func xmlText(_ text: String) -> String {
  String(
    text.unicodeScalars.map { scalar -> String in
      switch scalar {
      case "&": "&amp;"
      case "<": "&lt;"
      case ">": "&gt;"
      case "\"": "&quot;"
      case "\t", "\n", "\r": String(scalar)
      case _ where scalar.value < 0x20 || (0xFFFE...0xFFFF).contains(scalar.value): "\u{FFFD}"
      default: String(scalar)
      }
    }.joined())
}

/// With a fixed number of digits after the point.
func fixed(_ value: Double, _ digits: Int) -> String {
  value.isFinite ? String(format: "%.\(digits)f", value) : "–"
}

/// With its sign: `+0.61`.
func signed(_ value: Double, _ digits: Int) -> String {
  value.isFinite ? String(format: "%+.\(digits)f", value) : "–"
}

/// With one digit after the point and a power of ten: `2.1e-06`.
func scientific(_ value: Double) -> String {
  value.isFinite ? String(format: "%.1e", value) : "–"
}

/// `71.4 %`.
func percent(_ share: Double) -> String { fixed(100 * share, 1) + " %" }

/// `3.9 MB`, in powers of 1024 as `ls -h` has them.
func byteText(_ bytes: Int) -> String {
  let units = ["B", "KB", "MB", "GB", "TB"]
  var value = Double(bytes)
  var unit = 0
  while value >= 1024, unit < units.count - 1 {
    value /= 1024
    unit += 1
  }
  return unit == 0 ? "\(bytes) B" : "\(fixed(value, value < 100 ? 1 : 0)) \(units[unit])"
}
