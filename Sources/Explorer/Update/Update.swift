// The one function that changes the explorer's state.

import Engine
import Interpretability

/// Applies an action and says what slow work it calls for. It never blocks.
public func update(_ state: inout ExplorerState, _ action: Action) -> [Effect] {
  let effects = apply(action, to: &state) + state.askPage()
  state.clampScroll()
  return effects
}

/// The requests to ask when the explorer opens. Heads are looked for unless a head set names them.
public func begin(_ state: inout ExplorerState) -> [Effect] {
  state.live = [:]
  let opening = state.isRestored ? state.openAgain() : state.item.map { state.open($0) } ?? []
  let needsHeads = !state.opensWithHeadSet && state.evidence.isEmpty
  return opening + state.askAccuracy() + (needsHeads ? [state.ask(.headClasses)] : [])
    + state.askPage()
}

private func apply(_ action: Action, to state: inout ExplorerState) -> [Effect] {
  if isCommand(action) { state.message = nil }
  switch action {
  case .move(let direction): return state.move(direction, by: 1)
  case .page(let direction): return state.move(direction, by: state.pageLength)
  case .jumpToStart: return state.jump(toEnd: false)
  case .jumpToEnd: return state.jump(toEnd: true)
  case .focusNext: state.focus(offset: 1)
  case .focusPrevious: state.focus(offset: -1)
  case .focus(let panel): state.focus = panel
  case .zoom: state.isZoomed.toggle()
  case .select(let head): return state.select(head)
  case .moveQuery(let by): return state.moveQuery(by: by)
  case .queryAtEnd: return state.setQuery(nil)

  case .toggleHead: return state.setEdits { $0.toggle([$1.head]) }
  case .toggleKind(let kind): return state.toggle(kind)
  case .edit(let kind): return state.edit(kind)
  case .stronger: return state.step(up: true)
  case .weaker: return state.step(up: false)
  case .toggleScope: return state.toggleScope()
  case .undo: return state.travel(from: \.undoStack, to: \.redoStack)
  case .redo: return state.travel(from: \.redoStack, to: \.undoStack)
  case .clearEdits: return state.setEdits { edits, _ in edits = [:] }
  case .mark(let kind): state.mark(kind)
  case .findHeads: return [state.ask(.headClasses)]
  case .loadHeadSet(let path): return [state.ask(.headSet(path: path))]

  case .nextItem: return state.step(1, where: { _ in true }, otherwise: "no other item")
  case .previousItem: return state.step(-1, where: { _ in true }, otherwise: "no other item")
  case .nextWrong:
    let now = state
    return state.step(1, where: { now.verdict($0) == false }, otherwise: wrongItemText(now))
  case .goToItem(let item): return state.open(item)
  case .cycleMethod:
    let all = AttributionMethod.allCases
    let next = ((all.firstIndex(of: state.method) ?? 0) + 1) % all.count
    return state.setMethod(all[next])
  case .setMethod(let method): return state.setMethod(method)
  case .toggleSetMean: return state.toggleSetMean()
  case .setFilter(let text): state.setFilter(text)

  case .openLine(let purpose):
    state.line = LineEditor(purpose, text: purpose == .filter ? state.filter.text : "")
  case .lineKey(let key): state.typeInLine(key)
  case .acceptLine: return state.acceptLine()
  case .cancelLine: state.cancelLine()
  case .completeLine: state.completeLine()
  case .showHelp: state.isHelpShown = true
  case .closeHelp: state.isHelpShown = false
  case .openPage(let page): state.open(page)
  case .closePage: state.open(.item)
  case .nextPage: return state.step(pages: 1)
  case .previousPage: return state.step(pages: -1)
  case .toggleAllRows: state.showsAllRows.toggle()
  case .toggleCircuitMethod:
    state.circuitMethod = state.circuitMethod == .stepwise ? .edgeAttribution : .stepwise
    state.pages.cursors[.circuit] = nil
  case .orderHeads(let by): state.orderHeads(by: by)
  case .stepHead(let by): return state.stepHead(by: by)
  case .nextRun: state.nextRun()
  case .nextLensQuantity: state.nextLensQuantity()
  case .compare(let side):
    state.compareSide = side
    state.open(.compare)
  case .nextCompareMethod: state.nextCompareMethod()
  case .openSelectedModel: state.openSelectedModel()
  case .saveSession(let name): return state.saveSession(name)
  case .openSession(let name): state.exit = .reopen(.session(name))
  case .openModel(let model): state.exit = .reopen(.model(model))
  case .toggleSelfTest: state.toggleSelfTest()
  case .export: return [state.ask(.export(exportRequest(state)))]
  case .quit: state.exit = .quit
  case .interrupt: state.exit = .interrupted

  case .click(let x, let y): return state.click(x: x, y: y)
  case .wheel(let x, let y, let lines): state.wheel(x: x, y: y, lines: lines)
  case .resize(let size):
    state.size = size
    state.reveal()

  case .found(let topic, let generation, let finding):
    guard state.live[topic]?.generation == generation else { return [] }
    return state.take(finding, on: topic)
  case .finished(let topic, let generation):
    guard state.live[topic]?.generation == generation else { return [] }
    state.live[topic] = nil
    if topic == .page { state.finishPage() }
  case .failed(let topic, let generation, let text):
    guard state.live[topic]?.generation == generation else { return [] }
    state.fail(topic, text)
  case .problem(let text): state.message = Message(text: text, isProblem: true)
  }
  return []
}

/// Whether a person asked for it: then the message of the action before is out of date.
private func isCommand(_ action: Action) -> Bool {
  switch action {
  case .found, .finished, .failed, .problem, .resize: false
  default: true
  }
}

private func wrongItemText(_ state: ExplorerState) -> String {
  state.live[.accuracy] == nil
    ? "no other wrong item" : "no other item is known to be wrong; the set is still being read"
}

private func exportRequest(_ state: ExplorerState) -> ExportRequest {
  let item = state.item.map { "item\($0)" } ?? "noitem"
  let isItemPage = state.page == .item
  return ExportRequest(
    name: "gar-\(item)-" + (isItemPage ? state.method.shortName : state.page.definition.title),
    screen: draw(state).trimmedText + "\n",
    files: state.isAnswerHidden ? [] : state.page.definition.files(state))
}
