// Moving: in the focused panel, between panels, with the mouse, and what stays in view.

import Engine

extension ExplorerState {
  mutating func move(_ direction: Direction, by count: Int) -> [Effect] {
    let down = direction == .down ? count : direction == .up ? -count : 0
    let right = direction == .right ? count : direction == .left ? -count : 0
    if isHelpShown {
      scroll.help += down
      return []
    }
    if page != .item { return moveInPage(direction, by: count) }
    switch focus {
    case .items: return down == 0 ? [] : step(down)
    case .heatmap: return moveHead(direction, by: count)
    case .prompt:
      scroll.prompt += down
      return moveQuery(by: right)
    case .head: return moveQuery(by: right + down)
    case .answer:
      scroll.answer += down
      return []
    }
  }

  /// Selects another head as the heatmap lies: up is towards the last layer.
  mutating func moveHead(_ direction: Direction, by count: Int) -> [Effect] {
    let up = direction == .up ? count : direction == .down ? -count : 0
    let right = direction == .right ? count : direction == .left ? -count : 0
    guard facts.layerCount > 0, facts.headCount > 0 else { return [] }
    return select(
      HeadIndex(
        layer: min(max(0, head.layer + up), facts.layerCount - 1),
        head: min(max(0, head.head + right), facts.headCount - 1)))
  }

  /// Rows that a page key goes through.
  var pageLength: Int {
    if isHelpShown { return max(1, size.height - 4) }
    if page != .item { return max(1, pageArea.height - 2) }
    return max(1, (Layout(self).panels[focus]?.height ?? 3) - 3)
  }

  mutating func jump(toEnd: Bool) -> [Effect] {
    if isHelpShown {
      scroll.help = toEnd ? Int.max / 2 : 0
      return []
    }
    if page != .item { return jumpInPage(toEnd: toEnd) }
    switch focus {
    case .items:
      guard let item = toEnd ? shown.last : shown.first else { return [] }
      return open(item)
    case .heatmap:
      guard facts.headCount > 0 else { return [] }
      return select(HeadIndex(layer: head.layer, head: toEnd ? facts.headCount - 1 : 0))
    case .prompt, .head: return setQuery(toEnd ? nil : 0)
    case .answer:
      scroll.answer = toEnd ? Int.max / 2 : 0
      return []
    }
  }

  mutating func focus(offset: Int) {
    let count = Panel.allCases.count
    focus = Panel.allCases[(focus.rawValue + offset + count) % count]
    reveal()
  }

  mutating func select(_ head: HeadIndex) -> [Effect] {
    guard facts.holds(head) else { return [] }
    self.head = head
    isHeadChosen = true
    reveal()
    return askAttention()
  }

  mutating func moveQuery(by offset: Int) -> [Effect] {
    guard offset != 0, let position = queryPosition, let count = detail?.tokens.count else {
      return []
    }
    let next = min(max(0, position + offset), count - 1)
    return setQuery(next == count - 1 ? nil : next)
  }

  mutating func setQuery(_ position: Int?) -> [Effect] {
    guard query != position else { return [] }
    query = position
    revealQuery()
    return askAttention()
  }

  mutating func click(x: Int, y: Int) -> [Effect] {
    if let page = tab(atX: x, y: y, self) {
      guard !isAnswerHidden || !page.definition.isAboutItem else { return [] }
      open(page)
      return []
    }
    if page != .item { return clickInPage(x: x, y: y) }
    let layout = Layout(self)
    guard let panel = layout.panel(atX: x, y: y), let area = layout.panels[panel] else {
      return []
    }
    focus = panel
    // Stacked panels move when the focus changes: find the place in the layout that was clicked.
    switch panel {
    case .items:
      let row = scroll.items + y - area.inner.y
      guard area.inner.contains(x: x, y: y), shown.indices.contains(row) else { return [] }
      return open(shown[row])
    case .heatmap:
      let geometry = HeatmapGeometry(
        area: area.inner, facts: facts, scroll: scroll, halves: display.hasHalves)
      guard let clicked = geometry.head(atX: x, y: y) else { return [] }
      if clicked == head { return setEdits { $0.toggle([$1.head]) } }
      return select(clicked)
    case .prompt:
      guard let position = promptToken(atX: x, y: y, in: area.inner) else { return [] }
      return setQuery(position == (detail?.tokens.count ?? 0) - 1 ? nil : position)
    case .answer, .head: return []
    }
  }

  private func promptToken(atX x: Int, y: Int, in area: Rect) -> Int? {
    guard let detail = shownDetail else { return nil }
    return promptLines(detail, width: area.width, display: display)
      .dropFirst(scroll.prompt).dropFirst(y - area.y).first?
      .first { x - area.x >= $0.column && x - area.x < $0.column + $0.width }?.token
  }

  mutating func wheel(x: Int, y: Int, lines: Int) {
    if isHelpShown {
      scroll.help += lines
      return
    }
    if page != .item { return scrollPage(lines: lines) }
    switch Layout(self).panel(atX: x, y: y) {
    case .items: scroll.items += lines
    case .heatmap: scroll.layer -= lines
    case .prompt: scroll.prompt += lines
    case .answer: scroll.answer += lines
    case .head, nil: break
    }
  }

  /// Scrolls so that the open item, the selected head and the query position are visible.
  mutating func reveal() {
    let panels = Layout(self).panels
    revealQuery()
    revealInPage()
    if let area = panels[.items]?.inner, area.height > 0, let item,
      let row = position(of: item)
    {
      scroll.items = min(max(scroll.items, row - area.height + 1), row)
    }
    if let area = panels[.heatmap]?.inner {
      let geometry = HeatmapGeometry(
        area: area, facts: facts, scroll: scroll, halves: display.hasHalves)
      scroll.layer = nearest(scroll.layer, head.layer, geometry.layers.count)
      scroll.head = nearest(scroll.head, head.head, geometry.heads.count)
    }
  }

  /// Scrolls the prompt to the line of the query position.
  mutating func revealQuery() {
    guard let detail = shownDetail, let position = queryPosition,
      let area = Layout(self).panels[.prompt]?.inner, area.height > 0
    else { return }
    let lines = promptLines(detail, width: area.width, display: display)
    guard let row = lines.firstIndex(where: { $0.contains { $0.token == position } }) else {
      return
    }
    scroll.prompt = min(max(scroll.prompt, row - area.height + 1), row)
  }

  /// Where an item stands in the filtered list.
  package func position(of item: Int) -> Int? {
    var low = 0
    var high = shown.count
    while low < high {
      let middle = (low + high) / 2
      if shown[middle] < item { low = middle + 1 } else { high = middle }
    }
    return low < shown.count && shown[low] == item ? low : nil
  }

  /// Keeps every scroll position within what there is.
  mutating func clampScroll() {
    let panels = Layout(self).panels
    let rows = panels[.items]?.inner.height ?? 0
    scroll.items = min(max(0, scroll.items), max(0, shown.count - rows))
    if let area = panels[.heatmap]?.inner {
      let geometry = HeatmapGeometry(
        area: area, facts: facts, scroll: scroll, halves: display.hasHalves)
      scroll.layer = geometry.layers.lowerBound
      scroll.head = geometry.heads.lowerBound
    }
    if let area = panels[.prompt]?.inner {
      let lines =
        shownDetail.map { promptLines($0, width: area.width, display: display).count } ?? 0
      scroll.prompt = min(max(0, scroll.prompt), max(0, lines - area.height))
    }
    if let area = panels[.answer]?.inner {
      let lines = answerLines(self, width: area.width).count
      scroll.answer = min(max(0, scroll.answer), max(0, lines - area.height))
    }
    if isHelpShown {
      let last = helpLines(width: size.width).count - max(0, size.height - 2)
      scroll.help = min(max(0, scroll.help), max(0, last))
    } else {
      scroll.help = 0
    }
    clampPageScroll()
  }
}
