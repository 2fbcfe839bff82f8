// The one place where meanings become colours.

import GAR
import Interpretability

/// How many colours a terminal has.
public enum ColorDepth: Sendable {
  case none, eight, many
}

/// How a terminal is to show a cell.
public struct Appearance: Hashable, Sendable {
  /// A colour's number, or -1 for the terminal's own.
  public var foreground: Int16 = -1
  public var background: Int16 = -1
  public var isBold = false
  public var isDim = false
  public var isUnderlined = false
  public var isReversed = false
}

extension Style {
  /// Colours and attributes of this style; the meaning never rests on colour alone.
  public func appearance(_ depth: ColorDepth) -> Appearance {
    var look = Appearance()
    switch depth {
    case .none: look = Appearance()
    case .eight: look = ink.inEight
    case .many: look = ink.inMany
    }
    if marks.contains(.bold) { look.isBold = true }
    if marks.contains(.underline) { look.isUnderlined = true }
    if marks.contains(.reverse) { look.isReversed = true }
    if depth == .none, case .faint = ink { look.isDim = true }
    return look
  }
}

extension Ink {
  /// Colours out of 256.
  fileprivate var inMany: Appearance {
    switch self {
    case .plain, .title: Appearance()
    case .faint: Appearance(foreground: 244)
    case .border: Appearance(foreground: 239)
    case .focusedBorder: Appearance(foreground: 74)
    case .brand, .key, .progress: Appearance(foreground: 74)
    case .message: Appearance(foreground: 74)
    case .problem, .wrong: Appearance(foreground: 167)
    case .right: Appearance(foreground: 71)
    case .before: Appearance(foreground: 246)
    case .after: Appearance(foreground: 79)
    case .attention: Appearance(foreground: 179)
    case .ablated, .scaled: Appearance(foreground: 220)
    case .trueHead: Appearance(foreground: 16, background: 114)
    case .falseHead: Appearance(foreground: 16, background: 216)
    case .heat(let level): Appearance(foreground: Self.heatColor(level))
    case .role(let role): Appearance(foreground: Self.color(of: role))
    case .halves(let upper, let lower):
      Appearance(
        foreground: Self.color(of: upper), background: lower.map { Self.color(of: $0) } ?? -1)
    }
  }

  private static func color(of shade: Shade) -> Int16 {
    switch shade {
    case .heat(let level): heatColor(level)
    case .empty: 236
    case .edited: 220
    case .trueHead: 114
    case .falseHead: 216
    case .selected: 231
    }
  }

  /// Blue for positive, orange for negative scores as in our SVG, stronger towards the limit.
  private static func heatColor(_ level: Int) -> Int16 {
    let ramp: [Int16] = level > 0 ? [110, 110, 74, 75, 39, 33] : [180, 180, 173, 173, 208, 202]
    return ramp[min(ramp.count - 1, abs(level) * ramp.count / 32)]
  }

  private static func color(of role: Role) -> Int16 {
    switch role {
    case .query: 214
    case .key: 71
    case .value: 38
    case .distractorKeys: 108
    case .distractorValues: 67
    case .answer: 170
    case .negation: 203
    case .end: 141
    }
  }

  /// Colours out of 8: black, red, green, yellow, blue, magenta, cyan, white.
  fileprivate var inEight: Appearance {
    switch self {
    case .plain, .title: Appearance()
    case .before: Appearance()
    case .faint, .border: Appearance(isDim: true)
    case .focusedBorder, .brand, .key, .progress, .message: Appearance(foreground: 6)
    case .problem, .wrong: Appearance(foreground: 1)
    case .right: Appearance(foreground: 2)
    case .after: Appearance(foreground: 2)
    case .attention, .ablated, .scaled: Appearance(foreground: 3)
    case .trueHead: Appearance(foreground: 0, background: 2)
    case .falseHead: Appearance(foreground: 0, background: 3)
    case .heat(let level):
      Appearance(foreground: level > 0 ? 6 : 1, isBold: abs(level) > 20)
    // Drawn only where there are more colours.
    case .halves: Appearance()
    case .role(let role):
      switch role {
      case .query: Appearance(foreground: 3)
      case .key: Appearance(foreground: 2)
      case .value: Appearance(foreground: 6)
      case .distractorKeys: Appearance(foreground: 2, isDim: true)
      case .distractorValues: Appearance(foreground: 6, isDim: true)
      case .answer: Appearance(foreground: 5)
      case .negation: Appearance(foreground: 1)
      case .end: Appearance(foreground: 4, isBold: true)
      }
    }
  }
}
