// The edits as the engine takes them, item by item.

import Engine
import GAR
import Interpretability

extension ModelWorkbench {
  /// What the edits change in the runs of one item.
  func interventions(_ edits: HeadEdits, on item: TokenizedItem) throws -> [Intervention] {
    try edits.sorted { $0.key < $1.key }.compactMap { head, edit in
      let end = item.tokens.count - 1
      if case .row(let row, let strength) = edit.kind {
        guard let position = edit.scope == .end ? end : item.lastPosition(of: .answer),
          let effect = effect(of: row, strength: strength, at: position, item)
        else { return nil }
        return Intervention(.head(head), effect, at: .only([position]))
      }
      return Intervention(
        .head(head), try effect(of: edit.kind), at: edit.scope == .end ? .only([end]) : .all)
    }
  }

  private func effect(of kind: HeadEdit.Kind) throws -> Intervention.Effect {
    switch kind {
    case .zero: .zero
    case .scale(let factor): .scale(factor)
    case .mean: .mean(of: try means())
    case .row: preconditionFailure("rows are changed by position")
    }
  }

  /// `nil` for a role that the item does not have before `position`.
  private func effect(
    of row: HeadEdit.Row, strength: Float, at position: Int, _ item: TokenizedItem
  ) -> Intervention.Effect? {
    switch row {
    case .head(let head): return .patternRow(fromHead: head, strength: strength)
    case .oneHot(let role):
      guard let key = item.lastPosition(of: role), key <= position else { return nil }
      return .patternRow(oneHot: key, strength: strength)
    }
  }
}
