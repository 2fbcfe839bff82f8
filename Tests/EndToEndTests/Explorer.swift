// Opens the real explorer in a terminal, or replays it without one, and reads what it shows.

import Foundation
import Testing

/// Every test of the explorer, one after the other: each run of it keeps the machine busy.
@Suite(.serialized) enum ExplorerTests {}

/// The explorer on few items, whose verdicts are soon all known, and on the heads that it would find.
let fewItems = unknownHeads + ["--heads", foundHeads.path]

/// The same where it has to look for True and False heads, which keeps it busy for seconds.
let unknownHeads = ["explore", "--count", "12"]

/// The built-in model's True heads, as `gar heads --save` writes them.
private let foundHeads = URL(filePath: #filePath).deletingLastPathComponent()
  .appending(path: "Fixtures/heads.json")

extension ScreenSize {
  static let usual = ScreenSize(columns: 100, rows: 30)

  init(_ columns: Int, _ rows: Int) { self.init(columns: columns, rows: rows) }

  var argument: String { "\(columns)x\(rows)" }
}

extension PseudoTerminal {
  /// Starts the program as a shell would, below a line that says “before”.
  ///
  /// A shell sets the folder and switches core files off, and then becomes the program, so that
  /// the process is the program's own.
  static func explorer(
    _ arguments: [String] = fewItems, size: ScreenSize = .usual, in folder: String = "/",
    environment: [String: String?] = [:]
  ) throws -> PseudoTerminal {
    let script = "ulimit -c 0; echo before; cd \"$0\" && exec \"$@\""
    return try PseudoTerminal(
      ["sh", "-c", script, folder, try builtProgram()] + arguments, size: size,
      environment: environment)
  }

  /// Waits until everything is known that the explorer finds by itself, the True heads last.
  func waitUntilSettled() throws {
    try wait(for: "a whole screen without work in progress") {
      $0.hasWholeFrame && $0.markedHeads.contains("T") && !$0.footer.hasSuffix("%")
        && $0.text.contains("diff ") && $0.setAccuracy != nil
    }
  }

  /// Waits until the screen is, to the character, what a replay printed.
  func wait(toShow lines: [String]) throws {
    try wait(for: "the replayed screen\n\(lines.joined(separator: "\n"))\n") { $0.lines == lines }
  }
}

extension Screen {
  var lines: [String] { rows.indices.map(line) }
  var header: String { line(0) }
  var footer: String { line(size.rows - 1) }

  /// Whether header, tabs (where there is height for them) and footer are there, and panels with
  /// closed borders fill all rows between, from the first column to the last.
  var hasWholeFrame: Bool {
    let hasTabs = line(1).contains(/\[\d [a-z]+\]/)
    let panels = rows.dropFirst(hasTabs ? 2 : 1).dropLast()
    return header.hasPrefix("gar  ") && !footer.isEmpty
      && panels.allSatisfy {
        "┌│└┏┃┗+|".contains($0[0].text) && "┐│┘┓┃┛+|".contains($0[size.columns - 1].text)
      }
  }

  /// The rows of the heatmap, from the layer's name to the panel's border.
  var heatmapRows: [Substring] {
    lines.compactMap { $0.firstMatch(of: /[┃│|](L\d [^┃│|]*)/)?.1 }
  }

  /// The letters in the heatmap that mark heads, `T` and `F`.
  var markedHeads: String { heatmapRows.joined().filter { $0 == "T" || $0 == "F" } }

  /// The head whose panel is open, such as `L3H0`.
  var openHead: Substring? { text.firstMatch(of: /(L\d+H\d+) (True |False |)head/)?.1 }

  /// The numbers behind `set acc` in percent: before, and after the edits where there are any.
  var setAccuracy: (before: Double, after: Double?)? {
    guard let match = header.firstMatch(of: /set acc ([0-9.]+)%(?: → ([0-9.]+)%)?/),
      let before = Double(match.1)
    else { return nil }
    return (before, match.2.flatMap { Double($0) })
  }

  /// Where a head's cell stands, found from the axes; `nil` where the heatmap is
  /// not on the screen or has not the focus.
  func place(layer: Int, head: Int) -> (row: Int, column: Int)? {
    let cells = rows.map { $0.map(\.text) }
    guard let row = lines.firstIndex(where: { $0.contains("┃L\(layer) ") }),
      let axis = lines.firstIndex(where: { $0.contains(/┃ H +0 +1/) })
    else { return nil }
    let start = cells[axis].firstIndex(of: "┃") ?? 0
    return cells[axis][start...].firstIndex(of: "\(head)").map { (row, $0) }
  }
}

/// What a run without a terminal left.
struct Finished {
  let status: Int32
  let output: String
  let errors: String
}

/// Runs the program to its end where there is no terminal and none is named.
func runWithoutTerminal(_ arguments: [String]) throws -> Finished {
  let process = Process()
  process.executableURL = URL(filePath: try builtProgram())
  process.arguments = arguments
  process.environment = mergedEnvironment(["TERM": nil])
  let (output, errors) = (Pipe(), Pipe())
  process.standardInput = FileHandle.nullDevice
  process.standardOutput = output
  process.standardError = errors
  try process.run()
  // What it writes to standard error fits the pipe: reading one after the other will do.
  let written = output.fileHandleForReading.readDataToEndOfFile()
  let complaints = errors.fileHandleForReading.readDataToEndOfFile()
  process.waitUntilExit()
  return Finished(
    status: process.terminationStatus, output: String(decoding: written, as: UTF8.self),
    errors: String(decoding: complaints, as: UTF8.self))
}
