// Where the panels stand, for every size of screen.

import Engine

/// The rectangles of one screen.
package struct Layout: Equatable {
  package enum Form: Equatable {
    /// All panels: roomy from 100x30, tighter from 80x24.
    case full
    /// The focused panel, and one companion where there is height for it.
    case stacked
    /// Below 40x12: a sentence.
    case tooSmall
  }

  package var form: Form
  package var header: Rect
  /// Which pages there are; empty on low screens.
  package var tabs: Rect
  /// All between these lines and the footer.
  package var body: Rect
  package var footer: Rect
  package var panels: [Panel: Rect]

  package init(_ state: ExplorerState) {
    self.init(size: state.size, focus: state.focus, isZoomed: state.isZoomed)
  }

  package init(size: Size, focus: Panel, isZoomed: Bool) {
    header = Rect(x: 0, y: 0, width: size.width, height: min(1, size.height))
    footer = Rect(x: 0, y: size.height - 1, width: size.width, height: min(1, size.height))
    let tabHeight = size.height >= Self.tabbedHeight ? 1 : 0
    tabs = Rect(x: 0, y: 1, width: size.width, height: tabHeight)
    body = Rect(x: 0, y: 1 + tabHeight, width: size.width, height: size.height - 2 - tabHeight)
    if size.width < 40 || size.height < 12 {
      form = .tooSmall
      panels = [:]
    } else if isZoomed {
      form = .stacked
      panels = [focus: body]
    } else if size.width < 80 || size.height < 24 {
      form = .stacked
      panels = Self.stacked(body, focus: focus)
    } else {
      form = .full
      panels = Self.full(body)
    }
  }

  /// Lower screens name the page in the header and save the line of tabs.
  private static let tabbedHeight = 18

  /// The panel under a cell.
  package func panel(atX x: Int, y: Int) -> Panel? {
    panels.first { $0.value.contains(x: x, y: y) }?.key
  }

  private static func full(_ body: Rect) -> [Panel: Rect] {
    let left = min(40, max(21, body.width / 4))
    let right = body.width - left
    let spare = body.height - 22
    let promptHeight = min(body.width < 140 ? 10 : 7, 5 + max(0, spare) / 4)
    let headHeight = min(9, 6 + max(0, spare) / 6)
    let middle = body.height - promptHeight - headHeight
    let answerWidth = min(56, max(27, right * 9 / 20))
    let top = body.y + promptHeight
    return [
      .items: Rect(x: 0, y: body.y, width: left, height: body.height),
      .prompt: Rect(x: left, y: body.y, width: right, height: promptHeight),
      .heatmap: Rect(x: left, y: top, width: right - answerWidth, height: middle),
      .answer: Rect(x: body.width - answerWidth, y: top, width: answerWidth, height: middle),
      .head: Rect(x: left, y: top + middle, width: right, height: headHeight),
    ]
  }

  private static func stacked(_ body: Rect, focus: Panel) -> [Panel: Rect] {
    guard body.height >= 14 else { return [focus: body] }
    let companion: Panel =
      switch focus {
      case .items: .prompt
      case .prompt, .heatmap: .answer
      case .answer, .head: .heatmap
      }
    let first = focus == .prompt || focus == .head ? body.height * 2 / 5 : body.height * 3 / 5
    return [
      focus: Rect(x: 0, y: body.y, width: body.width, height: first),
      companion: Rect(x: 0, y: body.y + first, width: body.width, height: body.height - first),
    ]
  }
}
