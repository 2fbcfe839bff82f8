// Everything that can happen to the explorer's state.

import Engine
import Interpretability

/// A panel of the screen; Tab goes through them in this order.
public enum Panel: Int, CaseIterable, Sendable {
  case items, prompt, heatmap, answer, head
}

public enum Direction: Sendable {
  case up, down, left, right
}

/// What a person asked for, or what the model was found to do.
public enum Action: Equatable, Sendable {
  // Where the user is.
  case move(Direction)
  case page(Direction)
  case jumpToStart, jumpToEnd
  case focusNext, focusPrevious
  case focus(Panel)
  case zoom
  case select(HeadIndex)
  case moveQuery(by: Int)
  case queryAtEnd

  // What is done to heads.
  case toggleHead
  case toggleKind(HeadKind)
  case edit(HeadEdit.Kind)
  case stronger, weaker
  case toggleScope
  case undo, redo, clearEdits
  case mark(HeadKind)
  case findHeads
  case loadHeadSet(String)

  // Which item and how it is scored.
  case nextItem, previousItem, nextWrong
  case goToItem(Int)
  case cycleMethod
  case setMethod(AttributionMethod)
  case toggleSetMean
  case setFilter(String)

  // Lines, overlays and the way out.
  case openLine(LineEditor.Purpose)
  case lineKey(Key)
  case acceptLine, cancelLine, completeLine
  case showHelp, closeHelp
  case openPage(Page), closePage, nextPage, previousPage
  case toggleAllRows
  case toggleCircuitMethod
  case orderHeads(by: Int)
  case stepHead(by: Int)
  case nextRun, nextLensQuantity
  case compare(CompareSide)
  case nextCompareMethod
  case openSelectedModel
  case saveSession(String)
  /// Leave, and come back to a saved session.
  case openSession(String)
  /// Leave, and open another model on the same items.
  case openModel(String)
  case toggleSelfTest
  case export
  case quit, interrupt

  // The mouse and the window.
  case click(x: Int, y: Int)
  case wheel(x: Int, y: Int, lines: Int)
  case resize(Size)

  // The workbench.
  case found(Topic, generation: Int, Finding)
  case finished(Topic, generation: Int)
  case failed(Topic, generation: Int, String)
  case problem(String)
}

/// A key as the keyboard sends it.
public enum Key: Hashable, Sendable {
  case char(Character)
  case control(Character)
  case up, down, left, right, home, end, pageUp, pageDown
  case tab, backTab, enter, escape, backspace, delete

  /// As help and footer show it.
  package var name: String {
    switch self {
    case .char(" "): "space"
    case .char(let character): String(character)
    case .control(let character): "^" + character.uppercased()
    case .up: "↑"
    case .down: "↓"
    case .left: "←"
    case .right: "→"
    case .home: "Home"
    case .end: "End"
    case .pageUp: "PgUp"
    case .pageDown: "PgDn"
    case .tab: "Tab"
    case .backTab: "S-Tab"
    case .enter: "Enter"
    case .escape: "Esc"
    case .backspace: "Backspace"
    case .delete: "Del"
    }
  }
}

/// What reaches the explorer from outside.
public enum InputEvent: Equatable, Sendable {
  case key(Key)
  case click(x: Int, y: Int)
  /// Negative lines scroll up.
  case wheel(x: Int, y: Int, lines: Int)
  case resize(Size)
  /// Ctrl-C.
  case interrupt
}
