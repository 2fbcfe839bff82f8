// Keys and mouse presses as the explorer's input events.

import CNcurses
import Explorer

extension TerminalScreen {
  /// Everything typed or clicked since the last call, oldest first. It never waits.
  public func drainInput() -> [InputEvent] {
    var events: [InputEvent] = []
    var code: UInt32 = 0
    while true {
      let kind = Int(gar_read_key(&code))
      if kind == Int(GAR_KEY_NONE) { return events }
      if kind == Int(GAR_KEY_CODE) {
        if let event = event(forKeyCode: Int(code)) { events.append(event) }
      } else if let key = key(forCharacter: code) {
        events.append(.key(key))
      }
    }
  }

  private func event(forKeyCode code: Int) -> InputEvent? {
    switch code {
    case Int(GAR_KEY_UP): .key(.up)
    case Int(GAR_KEY_DOWN): .key(.down)
    case Int(GAR_KEY_LEFT): .key(.left)
    case Int(GAR_KEY_RIGHT): .key(.right)
    case Int(GAR_KEY_HOME): .key(.home)
    case Int(GAR_KEY_END): .key(.end)
    case Int(GAR_KEY_PAGE_UP): .key(.pageUp)
    case Int(GAR_KEY_PAGE_DOWN): .key(.pageDown)
    case Int(GAR_KEY_BACK_TAB): .key(.backTab)
    case Int(GAR_KEY_BACKSPACE): .key(.backspace)
    case Int(GAR_KEY_DELETE): .key(.delete)
    case Int(GAR_KEY_ENTER): .key(.enter)
    case Int(GAR_KEY_RESIZE): .resize(size)
    case Int(GAR_KEY_MOUSE): mouseEvent()
    default: nil
    }
  }

  private func mouseEvent() -> InputEvent? {
    var x: Int32 = 0
    var y: Int32 = 0
    switch gar_read_mouse(&x, &y) {
    case 1: return .click(x: Int(x), y: Int(y))
    case 2: return .wheel(x: Int(x), y: Int(y), lines: -3)
    case 3: return .wheel(x: Int(x), y: Int(y), lines: 3)
    default: return nil
    }
  }

  private func key(forCharacter code: UInt32) -> Key? {
    switch code {
    case 9: return .tab
    case 10, 13: return .enter
    case 27: return .escape
    case 8, 127: return .backspace
    case 1..<27: return .control(Character(Unicode.Scalar(UInt8(code) + 0x60)))
    case 0..<32: return nil
    default: return Unicode.Scalar(code).map { .char(Character($0)) }
    }
  }
}
