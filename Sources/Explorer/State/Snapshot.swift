// What a person chose in the explorer, as a value that can be kept: the place, the edits, the marks.

import Engine
import Foundation
import GAR
import Interpretability

/// Everything that a person set, and nothing that the model was found to do.
public struct Snapshot: Codable, Equatable, Sendable {
  /// One edited head.
  public struct Edit: Codable, Equatable, Sendable {
    /// Such as `3.0`.
    var head: String
    /// `zero`, `mean`, `scale` or `row`.
    var kind: String
    /// Of a scaled head; a row's strength.
    var factor: Float?
    /// A role or a head.
    var row: String?
    var isAtEnd: Bool
  }

  var item: Int?
  var query: Int?
  var head: String
  var page, focus: String
  var isZoomed, showsAllRows, showsSetMean: Bool
  var method: String
  var filter: String
  var edits: [Edit]
  var undo, redo: [[Edit]]
  /// Kinds given by hand or by a head set, by head.
  var marks: [String: String]
  /// Heads are not looked for: a head set named them.
  var hasHeadSet: Bool
  var headOrder: HeadOrder
  var run: RunShown
  var lensQuantity: LensQuantity
  var circuitMethod: String
  var compare: [String]
  var scroll: Scroll
  var pageScroll, pageCursors: [String: PageCursor]
  var answersFirst: Bool
  var ownAnswers: [String: SelfTest.OwnAnswer]
}

/// A snapshot that does not fit the model or the items.
public struct SnapshotError: Error, Equatable, CustomStringConvertible {
  public var description: String
}

extension Snapshot {
  public init(_ state: ExplorerState) {
    item = state.item
    query = state.query
    head = state.head.dotted
    page = state.page.rawValue
    focus = "\(state.focus)"
    (isZoomed, showsAllRows) = (state.isZoomed, state.showsAllRows)
    showsSetMean = state.showsSetMean
    method = state.method.rawValue
    filter = state.filter.text
    edits = Self.records(state.edits)
    (undo, redo) = (state.undoStack.map(Self.records), state.redoStack.map(Self.records))
    marks = Dictionary(
      uniqueKeysWithValues: state.marks.map { ($0.key.dotted, $0.value.rawValue) })
    hasHeadSet = state.opensWithHeadSet
    (headOrder, run, lensQuantity) = (state.headOrder, state.run, state.lensQuantity)
    circuitMethod = state.circuitMethod.rawValue
    compare = state.compareSide.words
    scroll = state.scroll
    pageScroll = Self.byName(state.pages.scroll)
    pageCursors = Self.byName(state.pages.cursors)
    answersFirst = state.selfTest.isOn
    ownAnswers = Dictionary(
      uniqueKeysWithValues: state.selfTest.answers.map { ("\($0.key)", $0.value) })
  }

  private static func byName(_ places: [Page: PageCursor]) -> [String: PageCursor] {
    Dictionary(uniqueKeysWithValues: places.map { ($0.key.rawValue, $0.value) })
  }

  private static func records(_ edits: HeadEdits) -> [Edit] {
    edits.sorted { $0.key < $1.key }.map { head, edit in
      let (kind, factor, row): (String, Float?, String?) =
        switch edit.kind {
        case .zero: ("zero", nil, nil)
        case .mean: ("mean", nil, nil)
        case .scale(let factor): ("scale", factor, nil)
        case .row(.oneHot(let role), let strength): ("row", strength, role.rawValue)
        case .row(.head(let head), let strength): ("row", strength, head.dotted)
        }
      return Edit(
        head: head.dotted, kind: kind, factor: factor, row: row, isAtEnd: edit.scope == .end)
    }
  }
}

extension Snapshot.Edit {
  fileprivate func read(_ facts: ModelFacts) throws(SnapshotError) -> (HeadIndex, HeadEdit) {
    let head = try facts.head(head)
    let kind: HeadEdit.Kind
    switch (self.kind, factor) {
    case ("zero", _): kind = .zero
    case ("mean", _): kind = .mean
    case ("scale", let factor?) where factor.isFinite: kind = .scale(factor)
    case ("row", let strength?) where (0...1).contains(strength):
      let row: HeadEdit.Row =
        if let role = row.flatMap(Role.init(rawValue:)) { .oneHot(role) } else {
          .head(try facts.head(row ?? ""))
        }
      kind = .row(row, strength: strength)
    default: throw SnapshotError(description: "“\(self.kind)” is no edit of a head")
    }
    return (head, HeadEdit(kind, scope: isAtEnd ? .end : .allPositions))
  }
}

extension ModelFacts {
  /// Reads a head that the model has.
  fileprivate func head(_ text: String) throws(SnapshotError) -> HeadIndex {
    guard let head = HeadIndex(text), holds(head) else {
      throw SnapshotError(
        description: "head \(text) is not in \(name), which has \(layerCount) layers of "
          + "\(headCount) heads")
    }
    return head
  }
}

extension CompareSide {
  /// As `:compare` takes it.
  fileprivate var words: [String] {
    switch self {
    case .method(let method): [method.rawValue]
    case .item(let item): ["item", "\(item)"]
    case .model(let name): ["model", name]
    }
  }

  fileprivate init?(words: [String]) {
    switch (words.first, words.count) {
    case ("item", 2):
      guard let item = Int(words[1]) else { return nil }
      self = .item(item)
    case ("model", 2): self = .model(words[1])
    case (let name?, 1):
      guard let method = AttributionMethod(rawValue: name) else { return nil }
      self = .method(method)
    default: return nil
    }
  }
}

extension ExplorerState {
  /// This state as the snapshot has it, whole or not at all.
  /// - Throws: `SnapshotError` for what the model or the items do not have.
  public func restoring(_ snapshot: Snapshot) throws(SnapshotError) -> ExplorerState {
    var state = self
    if let item = snapshot.item {
      guard items.indices.contains(item) else {
        throw SnapshotError(description: "item \(item) is not among the \(items.count) items")
      }
      state.item = item
    }
    (state.head, state.isHeadChosen) = (try facts.head(snapshot.head), true)
    state.edits = try edits(snapshot.edits)
    (state.undoStack, state.redoStack) = ([], [])
    for edits in snapshot.undo { state.undoStack.append(try self.edits(edits)) }
    for edits in snapshot.redo { state.redoStack.append(try self.edits(edits)) }
    state.marks = [:]
    for (head, kind) in snapshot.marks {
      guard let kind = HeadKind(rawValue: kind) else {
        throw SnapshotError(description: "“\(kind)” is no kind of head")
      }
      state.marks[try facts.head(head)] = kind
    }
    try state.takeView(snapshot)
    return state
  }

  private func edits(_ records: [Snapshot.Edit]) throws(SnapshotError) -> HeadEdits {
    var edits: HeadEdits = [:]
    for record in records {
      let (head, edit) = try record.read(facts)
      edits[head] = edit
    }
    return edits
  }

  /// Everything that does not depend on the model.
  private mutating func takeView(_ snapshot: Snapshot) throws(SnapshotError) {
    guard let page = Page(rawValue: snapshot.page),
      let focus = Panel.allCases.first(where: { "\($0)" == snapshot.focus }),
      let method = AttributionMethod(rawValue: snapshot.method),
      let circuitMethod = CircuitMethod(rawValue: snapshot.circuitMethod),
      let side = CompareSide(words: snapshot.compare)
    else {
      throw SnapshotError(description: "it names a page, panel or method that is not known here")
    }
    (self.page, self.focus, self.method, compareSide) = (page, focus, method, side)
    self.circuitMethod = circuitMethod
    showsSetMean = snapshot.showsSetMean && storedMean != nil
    (isZoomed, showsAllRows) = (snapshot.isZoomed, snapshot.showsAllRows)
    (headOrder, run, lensQuantity) = (snapshot.headOrder, snapshot.run, snapshot.lensQuantity)
    query = snapshot.query
    opensWithHeadSet = snapshot.hasHeadSet
    selfTest.isOn = snapshot.answersFirst
    for (item, answer) in snapshot.ownAnswers {
      if let item = Int(item), items.indices.contains(item) { selfTest.answers[item] = answer }
    }
    filter = ItemFilter(snapshot.filter)
    refilter()
    scroll = snapshot.scroll
    for (name, place) in snapshot.pageScroll {
      if let page = Page(rawValue: name) { pages.scroll[page] = place }
    }
    for (name, place) in snapshot.pageCursors {
      if let page = Page(rawValue: name) { pages.cursors[page] = place }
    }
    isRestored = true
  }

  /// This state with as much of the snapshot as another model has room for, and a line on what was
  /// left behind.
  public func keeping(_ snapshot: Snapshot) -> ExplorerState {
    func fits(_ head: String) -> Bool { HeadIndex(head).map(facts.holds) ?? false }
    var kept = snapshot
    kept.edits.removeAll { !fits($0.head) }
    (kept.undo, kept.redo) = ([], [])
    // Kinds of heads belong to the model that they were found in.
    (kept.marks, kept.hasHeadSet) = ([:], false)
    if !fits(kept.head) { kept.head = "0.0" }
    (kept.pageScroll, kept.pageCursors) = ([:], [:])
    kept.page = Page.item.rawValue
    guard var state = try? restoring(kept) else { return self }
    let lost = snapshot.edits.count - kept.edits.count
    state.message = Message(
      text: "opened \(facts.name)"
        + (lost > 0 ? "; \(lost) edits of heads that it does not have are gone" : ""),
      isProblem: false)
    return state
  }
}
