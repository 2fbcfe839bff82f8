// What is done to heads: edits with undo, kinds by hand.

import Engine
import Interpretability

extension HeadEdits {
  /// Zeroes the heads, or restores them where all are edited already.
  mutating func toggle(_ heads: [HeadIndex]) {
    let areAllEdited = heads.allSatisfy { self[$0] != nil }
    for head in heads { self[head] = areAllEdited ? nil : (self[head] ?? HeadEdit(.zero)) }
  }
}

extension ExplorerState {
  /// The factors that stronger and weaker go through; 1 is the unedited head.
  package static let scaleSteps: [Float] = [0, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 6, 8]

  /// Changes the edits as one step of the undo history and asks everything that depends on them.
  mutating func setEdits(_ change: (inout HeadEdits, ExplorerState) -> Void) -> [Effect] {
    var changed = edits
    change(&changed, self)
    guard changed != edits else { return [] }
    undoStack.append(edits)
    redoStack = []
    edits = changed
    return askAgain()
  }

  /// Undo and redo: takes the last edits off one stack and puts the present ones on the other.
  mutating func travel(
    from: WritableKeyPath<ExplorerState, [HeadEdits]>,
    to: WritableKeyPath<ExplorerState, [HeadEdits]>
  ) -> [Effect] {
    guard let last = self[keyPath: from].popLast() else { return [] }
    self[keyPath: to].append(edits)
    edits = last
    return askAgain()
  }

  mutating func edit(_ kind: HeadEdit.Kind) -> [Effect] {
    setEdits { edits, state in
      let scope = edits[state.head]?.scope ?? .allPositions
      edits[state.head] = kind == .scale(1) ? nil : HeadEdit(kind, scope: scope)
    }
  }

  /// One step up or down the scale; a zeroed or mean-ablated head counts as 0.
  mutating func step(up: Bool) -> [Effect] {
    let now: Float =
      switch edits[head]?.kind {
      case nil, .row: 1
      case .zero, .mean: 0
      case .scale(let factor): factor
      }
    let next =
      up ? Self.scaleSteps.first { $0 > now } : Self.scaleSteps.last { $0 < now }
    guard let next else {
      message = Message(text: "\(head) is at the \(up ? "strongest" : "weakest")", isProblem: false)
      return []
    }
    return edit(next == 0 ? .zero : .scale(next))
  }

  mutating func toggleScope() -> [Effect] {
    setEdits { edits, state in
      guard let edit = edits[state.head] else { return }
      edits[state.head]?.scope = edit.scope == .end ? .allPositions : .end
    }
  }

  mutating func toggle(_ kind: HeadKind) -> [Effect] {
    let heads = heads(of: kind)
    guard !heads.isEmpty else {
      let name = kind.name + "s"
      let text =
        live[.headClasses].map {
          "no \(name) yet: still looking, \(percent($0.progress)) done"
        } ?? "no \(name) found; T and F mark heads by hand"
      message = Message(text: text, isProblem: false)
      return []
    }
    return setEdits { edits, _ in edits.toggle(heads) }
  }

  mutating func mark(_ kind: HeadKind) {
    guard facts.holds(head) else { return }
    marks[head] = marks[head] == kind ? nil : kind
    message = Message(
      text: "\(head) is " + (marks[head] == nil ? "no longer marked" : "marked as a \(kind.name)"),
      isProblem: false)
  }
}
