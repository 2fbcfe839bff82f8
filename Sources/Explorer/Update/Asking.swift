// Which requests follow from a change, and what their answers do to the state.

import Engine
import Interpretability

extension ExplorerState {
  /// Opens an item and asks everything about it.
  mutating func open(_ item: Int) -> [Effect] {
    guard items.indices.contains(item) else { return [] }
    self.item = item
    isDetailCurrent = false
    selfTest.early = nil
    forgetItemPages()
    // What is being typed was meant for the item before.
    if line?.purpose == .answer { line = nil }
    query = nil
    scroll.answer = 0
    heatLimit = HeatLimit()
    reveal()
    var effects = [ask(.detail(item: item)), ask(.plainAnswer(item: item))]
    effects += edits.isEmpty ? cancel(.answer) : [ask(.answer(item: item, edits: edits))]
    return effects + askAttention() + askScores()
  }

  /// Opens the item of a snapshot, and keeps the place that came with it.
  mutating func openAgain() -> [Effect] {
    guard let item else { return [] }
    let (query, scroll, pages) = (query, scroll, pages)
    let effects = open(item)
    (self.query, self.scroll, self.pages) = (query, scroll, pages)
    self.pages.answers = [:]
    isRestored = false
    return effects + askAttention()
  }

  /// Asks again what depends on the edits.
  mutating func askAgain() -> [Effect] {
    editedVerdicts = [Bool?](repeating: nil, count: items.count)
    if edits.isEmpty { editedReadout = nil }
    refilter()
    var effects: [Effect] = []
    if let item {
      effects += edits.isEmpty ? cancel(.answer) : [ask(.answer(item: item, edits: edits))]
    }
    return effects + askAttention() + askScores() + askAccuracy()
  }

  mutating func askAttention() -> [Effect] {
    guard let item, facts.holds(head) else { return [] }
    return [ask(.attention(item: item, head: head, query: query, edits: edits))]
  }

  mutating func askScores() -> [Effect] {
    guard let item else { return [] }
    if let mean = shownMean { return showMean(mean) }
    return [ask(.scores(item: item, method: method, edits: edits))]
  }

  /// Asks for the verdicts that are not yet known.
  mutating func askAccuracy() -> [Effect] {
    let open = items.indices.filter {
      plainVerdicts[$0] == nil || (!edits.isEmpty && editedVerdicts[$0] == nil)
    }
    guard !open.isEmpty else { return cancel(.accuracy) }
    let needsPlain = open.map { plainVerdicts[$0] == nil }
    return [ask(.accuracy(items: open, needsPlain: needsPlain, edits: edits))]
  }

  mutating func setMethod(_ method: AttributionMethod) -> [Effect] {
    guard method != self.method else { return [] }
    self.method = method
    scores = nil
    heatLimit = HeatLimit()
    return askScores()
  }

  /// Goes `count` items on in the filtered list; stops at its ends.
  mutating func step(_ count: Int) -> [Effect] {
    guard !shown.isEmpty else { return [] }
    let here = item.flatMap { position(of: $0) }
    let next = here.map { min(max(0, $0 + count), shown.count - 1) } ?? 0
    return shown[next] == item ? [] : open(shown[next])
  }

  /// Goes on to the next item for which something holds, around the end of the list.
  mutating func step(
    _ direction: Int, where holds: (Int) -> Bool, otherwise text: String
  ) -> [Effect] {
    let after = direction > 0 ? shown.filter { $0 > item ?? -1 } : shown.filter { $0 < item ?? 0 }
    let around = direction > 0 ? shown.filter { $0 < item ?? -1 } : shown.filter { $0 > item ?? 0 }
    let order = direction > 0 ? after + around : after.reversed() + around.reversed()
    guard let next = order.first(where: holds) else {
      message = Message(text: text, isProblem: false)
      return []
    }
    return open(next)
  }

  /// Takes a finding of the live request on a topic.
  mutating func take(_ finding: Finding, on topic: Topic) -> [Effect] {
    switch finding {
    case .detail(let detail):
      self.detail = detail
      (plainReadout, editedReadout, attention) = (nil, nil, nil)
      if shownMean == nil { scores = nil }
      isDetailCurrent = true
      revealQuery()
      if let early = selfTest.early { takeOwnAnswer(early) }
    case .readout(let readout): take(readout, on: topic)
    case .attention(let reading): attention = reading
    case .page(let finding, let progress): take(finding, progress: progress)
    case .scores(let scores, let progress):
      live[topic]?.progress = progress
      // The limit settles with the first whole answer, so that an edit is seen as a change.
      if !heatLimit.isSettled {
        heatLimit.value = scores.values.reduce(0) { $1.isFinite ? max($0, abs($1)) : $0 }
        heatLimit.isSettled = progress >= 1
      }
      self.scores = scores
      if progress >= 1 { return selectStrongest() }
    case .verdicts(let verdicts, let progress):
      live[topic]?.progress = progress
      take(verdicts)
    case .evidenceBase(let base): evidenceBase = base
    case .headClasses(let found, let progress):
      live[topic]?.progress = progress
      evidence = Dictionary(found.map { ($0.head, $0) }) { _, last in last }
    case .headSet(let set): mark(set)
    case .sessionSaved(let path): message = Message(text: "wrote \(path)", isProblem: false)
    case .exported(let files):
      message = Message(text: "wrote " + namesBriefly(files), isProblem: false)
    }
    return []
  }

  /// Selects the head with the largest score, if none has been chosen yet.
  private mutating func selectStrongest() -> [Effect] {
    guard !isHeadChosen, let scores else { return [] }
    let known = scores.heads.filter { scores[$0].isFinite && facts.holds($0) }
    guard let strongest = known.max(by: { abs(scores[$0]) < abs(scores[$1]) }) else { return [] }
    return select(strongest)
  }

  /// Takes note that a request has no answer; what it was to replace is not shown any longer.
  mutating func fail(_ topic: Topic, _ text: String) {
    live[topic] = nil
    failures[topic] = text
    message = Message(text: text, isProblem: true)
    switch topic {
    case .detail:
      detail = nil
      (plainReadout, editedReadout, attention, scores) = (nil, nil, nil, nil)
    case .plainAnswer: plainReadout = nil
    case .answer: editedReadout = nil
    case .attention: attention = nil
    case .page: failPage(text)
    case .scores: scores = nil
    default: break
    }
  }

  private mutating func take(_ readout: Readout, on topic: Topic) {
    if topic == .plainAnswer { plainReadout = readout } else { editedReadout = readout }
    guard let item else { return }
    take([
      Verdict(
        item: item, plain: topic == .plainAnswer ? readout.isRight : nil,
        edited: topic == .answer ? readout.isRight : nil)
    ])
  }

  private mutating func take(_ verdicts: [Verdict]) {
    for verdict in verdicts where items.indices.contains(verdict.item) {
      if let plain = verdict.plain { plainVerdicts[verdict.item] = plain }
      if let edited = verdict.edited { editedVerdicts[verdict.item] = edited }
    }
    if filter.needsVerdicts { refilter() }
  }

  /// Marks the heads of a set, in place of all marks; a set of another model's heads is refused
  /// with a message.
  public mutating func mark(_ set: HeadSet) {
    let strangers = (set.trueHeads + set.falseHeads).filter { !facts.holds($0) }
    guard strangers.isEmpty else {
      let size = "\(facts.layerCount) layers of \(facts.headCount) heads"
      message = Message(
        text: "the head set names \(strangers[0]), but the model has \(size)", isProblem: true)
      return
    }
    marks = [:]
    for head in set.trueHeads { marks[head] = .trueHead }
    for head in set.falseHeads { marks[head] = .falseHead }
    message = Message(
      text: "marked \(set.trueHeads.count) True and \(set.falseHeads.count) False heads",
      isProblem: false)
  }
}

/// Files that differ in their last part alone, as one: `scores.txt, .csv, .npy`.
private func namesBriefly(_ files: [String]) -> String {
  guard let first = files.first, let dot = first.lastIndex(of: ".") else {
    return files.joined(separator: ", ")
  }
  let stem = first[..<dot]
  let rest = files.dropFirst().map { file in
    file.hasPrefix(stem + ".") ? String(file.dropFirst(stem.count)) : file
  }
  return ([first] + rest).joined(separator: ", ")
}
