// Names one attention head.

/// One attention head: layer and head, both counted from 0. Shown as `L5H3`, written `5.3`.
public struct HeadIndex: Hashable, Comparable, Sendable, CustomStringConvertible {
  public var layer: Int
  public var head: Int

  public init(layer: Int, head: Int) {
    self.layer = layer
    self.head = head
  }

  /// Reads `5.3` or `L5H3`; `nil` for anything else.
  public init?(_ text: some StringProtocol) {
    let parts =
      text.first == "L" || text.first == "l"
      ? text.dropFirst().split(
        omittingEmptySubsequences: false, whereSeparator: { "Hh".contains($0) })
      : text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2, let layer = Int(parts[0]), let head = Int(parts[1]),
      layer >= 0, head >= 0
    else { return nil }
    self.init(layer: layer, head: head)
  }

  public var description: String { "L\(layer)H\(head)" }

  /// The form that options take: `layer.head`.
  public var dotted: String { "\(layer).\(head)" }

  public static func < (a: HeadIndex, b: HeadIndex) -> Bool {
    (a.layer, a.head) < (b.layer, b.head)
  }
}
