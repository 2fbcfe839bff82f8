// A terminal as a screen of cells: writes what changed, reads keys and mouse.

import CNcurses
import Explorer
import Foundation

/// The open terminal. Only one can be open; use it from one thread.
public final class TerminalScreen {
  public let display: Display
  private let depth: ColorDepth
  private var shown: CellBuffer?
  private var pairs: [Colors: Int32] = [:]
  private let pairLimit: Int32

  private struct Colors: Hashable {
    var foreground: Int16
    var background: Int16
  }

  /// Opens the terminal for full screens.
  /// - Throws: `TerminalError` where there is no terminal, or one that cannot do it.
  public init() throws {
    guard isatty(STDIN_FILENO) == 1 else { throw TerminalError.notATerminal(stream: "input") }
    guard isatty(STDOUT_FILENO) == 1 else { throw TerminalError.notATerminal(stream: "output") }
    let environment = ProcessInfo.processInfo.environment
    let name = environment["TERM"] ?? ""
    let isUTF8 = gar_locale_is_utf8() != 0
    TerminalSignals.saveModes()
    let kind = name.isEmpty ? Int(GAR_TERMINAL_UNKNOWN) : Int(gar_terminal_kind())
    guard kind != Int(GAR_TERMINAL_WITHOUT_CURSOR) else {
      throw TerminalError.cannotMoveCursor(name: name)
    }
    guard kind == Int(GAR_TERMINAL_USABLE), gar_open_screen() != 0 else {
      throw TerminalError.unknownTerminal(name: name)
    }
    gar_set_input_modes()
    let wantsColor = (environment["NO_COLOR"] ?? "").isEmpty
    switch wantsColor ? gar_start_colors() : 0 {
    case 256: depth = .many
    case 8: depth = .eight
    default: depth = .none
    }
    pairLimit = depth == .none ? 0 : gar_color_pairs()
    display = Display(
      hasColor: depth != .none, hasUnicode: isUTF8, hasShades: depth == .many)
  }

  /// Gives the terminal back.
  public func close() { gar_close_screen() }

  /// The window's size, asked anew.
  public var size: Size {
    var width: Int32 = 0
    var height: Int32 = 0
    gar_window_size(&width, &height)
    return Size(width: Int(width), height: Int(height))
  }

  /// Makes the next screen write every cell, as after a suspension.
  public func forget() {
    shown = nil
    gar_redraw_all()
  }

  /// Shows a screen; only changed cells are written.
  public func show(_ buffer: CellBuffer) {
    let before = shown.flatMap {
      $0.width == buffer.width && $0.height == buffer.height ? $0 : nil
    }
    if before == nil { gar_erase() }
    for y in 0..<buffer.height { showRow(y, of: buffer, before: before) }
    shown = buffer
    gar_flush()
  }

  /// Writes runs of changed cells that share a style.
  private func showRow(_ y: Int, of buffer: CellBuffer, before: CellBuffer?) {
    var x = 0
    while x < buffer.width {
      let first = buffer[x, y]
      if before.map({ $0[x, y] == first }) ?? (first == Cell()) {
        x += 1
        continue
      }
      let start = x
      var text = ""
      while x < buffer.width, buffer[x, y].style == first.style,
        before.map({ $0[x, y] != buffer[x, y] }) ?? true
      {
        text += buffer[x, y].text
        x += 1
      }
      setStyle(first.style)
      gar_put(Int32(y), Int32(start), text)
    }
  }

  private func setStyle(_ style: Style) {
    let look = style.appearance(depth)
    var flags = 0
    if look.isBold { flags |= Int(GAR_BOLD) }
    if look.isDim { flags |= Int(GAR_DIM) }
    if look.isUnderlined { flags |= Int(GAR_UNDERLINE) }
    if look.isReversed { flags |= Int(GAR_REVERSE) }
    gar_set_style(Int32(flags), pair(look))
  }

  /// The colour pair of a look, made when it is first needed; 0 where there are no more.
  private func pair(_ look: Appearance) -> Int32 {
    let colors = Colors(foreground: look.foreground, background: look.background)
    if colors.foreground < 0, colors.background < 0 { return 0 }
    if let known = pairs[colors] { return known }
    let number = Int32(pairs.count + 1)
    guard number < pairLimit,
      gar_init_pair(number, Int32(colors.foreground), Int32(colors.background)) == OK
    else { return 0 }
    pairs[colors] = number
    return number
  }
}
