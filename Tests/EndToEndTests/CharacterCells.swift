// What a terminal knows about single characters: their width in cells, and the line-drawing set.

/// How many cells a character takes: 0 for combining marks, 2 for East Asian wide ones and emoji.
///
/// It is deliberately not the program's own table, which it serves to check; ranges follow
/// Unicode's EastAsianWidth.txt in blocks, which is as fine as these tests need.
func displayWidth(of scalar: Unicode.Scalar) -> Int {
  switch scalar.properties.generalCategory {
  case .nonspacingMark, .enclosingMark: return 0
  default: break
  }
  switch scalar.value {
  case 0x200B...0x200F, 0xFE00...0xFE0F, 0xFEFF: return 0
  case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF,
    0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F900...0x1F9FF,
    0x20000...0x3FFFD:
    return 2
  default: return 1
  }
}

/// The DEC Special Graphics set, which `ESC ( 0` and SO switch on.
let lineDrawing: [Unicode.Scalar: Unicode.Scalar] = [
  "`": "◆", "a": "▒", "f": "°", "g": "±", "h": "█", "i": "␋", "j": "┘", "k": "┐", "l": "┌",
  "m": "└", "n": "┼", "o": "⎺", "p": "⎻", "q": "─", "r": "⎼", "s": "⎽", "t": "├", "u": "┤",
  "v": "┴", "w": "┬", "x": "│", "y": "≤", "z": "≥", "{": "π", "|": "≠", "}": "£", "~": "·",
]
