// A study of heads as a picture: accuracy under every condition with its interval, and by strength.

import Foundation
import GAR
import Interpretability

extension StudyResult {
  /// A panel for each group of questions: a row for each condition, with a dot at accuracy after the
  /// change, its interval (the range of random draws in grey), and a line where it was before. Below,
  /// where strengths were tried, accuracy over strength.
  ///
  /// - Parameters:
  ///   - title: shown above.
  ///   - name: what a group is called.
  /// - Returns: a whole SVG document.
  public func svg(title: String, name: (String) -> String) -> String {
    let panels = [TaskForm.classification, .generation].flatMap { form in
      groupings(of: form).map { Panel(form: form, name: name($0.name), groups: $0.groups) }
    }
    var picture = StudyPicture(result: self, panels: panels)
    picture.draw(title: title)
    return picture.drawing.document
  }
}

private struct Panel {
  var form: TaskForm
  var name: String
  var groups: [StudyQuestion.Group]
}

private struct StudyPicture {
  let result: StudyResult
  let panels: [Panel]
  var drawing: SVGDrawing

  private static let left = 170.0, panelWidth = 150.0, gap = 20.0, row = 18.0, plot = 120.0
  private static let grey = "rgb(150,150,150)"

  init(result: StudyResult, panels: [Panel]) {
    self.result = result
    self.panels = panels
    let width = Self.left + Double(panels.count) * (Self.panelWidth + Self.gap) + 10
    drawing = SVGDrawing(width: Int(max(width, 420)), height: 0)
  }

  private func left(_ panel: Int) -> Double {
    Self.left + Double(panel) * (Self.panelWidth + Self.gap)
  }

  /// Where an accuracy stands in a panel.
  private func x(_ share: Double, _ panel: Int) -> Double {
    left(panel) + share * Self.panelWidth
  }

  mutating func draw(title: String) {
    drawing.text(title, x: 12, y: 20, isBold: true)
    var top = 44.0
    for (index, panel) in panels.enumerated() {
      drawing.text(panel.name, x: Int(x(0.5, index)), y: Int(top), anchor: "middle", isBold: true)
    }
    top += 8
    let bottom = top + Double(result.outcomes.count) * Self.row + 6
    for index in panels.indices { drawAxis(index, top: top, bottom: bottom) }
    for (place, outcome) in result.outcomes.enumerated() {
      drawRow(outcome, y: top + (Double(place) + 0.7) * Self.row)
    }
    top = bottom + 30
    for choice in choices { top = drawStrengths(choice, top: top) }
    drawing.text(
      "dots: accuracy after the change, with 95 % intervals; grey: random heads, mean and range of the "
        + "draws; dashed: before", x: 12, y: Int(top), color: Self.grey)
    drawing.height = Int(top) + 14
  }

  private mutating func drawAxis(_ panel: Int, top: Double, bottom: Double) {
    for (share, text) in [(0.0, "0"), (0.5, "50"), (1.0, "100 %")] {
      drawing.line(
        (x(share, panel), top), (x(share, panel), bottom), color: "rgb(225,225,225)")
      drawing.text(
        text, x: Int(x(share, panel)), y: Int(bottom) + 12, anchor: "middle", color: Self.grey)
    }
    let groups = panels[panel].groups
    guard let before = result.outcomes.compactMap({ $0.summary(groups)?.before }).first else {
      return
    }
    drawing.line((x(before, panel), top), (x(before, panel), bottom), isDashed: true)
  }

  private mutating func drawRow(_ outcome: ConditionOutcome, y: Double) {
    let condition = outcome.condition
    drawing.text(
      "\(condition.choice.name), \(condition.action.name)", x: Int(Self.left) - 10, y: Int(y) + 4,
      anchor: "end", color: condition.choice.isRandom ? Self.grey : "black")
    for (index, panel) in panels.enumerated() {
      guard let summary = outcome.summary(panel.groups) else { continue }
      let color = color(condition.choice), range = summary.afterRange
      drawing.line((x(range.low, index), y), (x(range.high, index), y), color: color, width: 2)
      drawing.dot(x: x(summary.after, index), y: y, color: color, title: title(summary))
    }
  }

  private func color(_ choice: HeadChoice) -> String {
    switch choice {
    case .trueHeads: "rgb(33,102,172)"
    case .falseHeads: "rgb(217,95,14)"
    case .both: "rgb(90,60,140)"
    case .random: Self.grey
    }
  }

  private func title(_ summary: OutcomeSummary) -> String {
    String(
      format: "%.1f %% (%.1f to %.1f)", 100 * summary.after, 100 * summary.afterRange.low,
      100 * summary.afterRange.high)
  }

  // MARK: Strengths

  /// The heads and changes whose strength was swept.
  private var choices: [StudyCondition] {
    var seen: Set<String> = []
    return result.sweep.map(\.condition).filter { seen.insert(key($0)).inserted }
  }

  private func key(_ condition: StudyCondition) -> String {
    "\(condition.choice.name) \(condition.action.name)"
  }

  /// - Returns: where the next picture begins.
  private mutating func drawStrengths(_ condition: StudyCondition, top: Double) -> Double {
    let outcomes = result.sweep.filter { key($0.condition) == key(condition) }
    let strengths = outcomes.compactMap(\.condition.action.strength).map(Double.init)
    guard let low = strengths.min(), let high = strengths.max() else { return top }
    let span = high > low ? high - low : 1
    drawing.text(
      "\(condition.choice.name), \(condition.action.name)", x: Int(Self.left) - 10,
      y: Int(top) + 12, anchor: "end")
    drawing.text(
      "accuracy by strength", x: Int(Self.left) - 10, y: Int(top) + 28, anchor: "end",
      color: Self.grey)
    func y(_ share: Double) -> Double { top + (1 - share) * (Self.plot - 30) + 5 }
    for (index, panel) in panels.enumerated() {
      guard outcomes.contains(where: { $0.summary(panel.groups) != nil }) else { continue }
      for share in [0, 0.5, 1.0] {
        drawing.line((x(0, index), y(share)), (x(1, index), y(share)), color: "rgb(225,225,225)")
      }
      var points: [(x: Double, y: Double)] = []
      for (strength, outcome) in zip(strengths, outcomes).sorted(by: { $0.0 < $1.0 }) {
        guard let summary = outcome.summary(panel.groups) else { continue }
        let place = x((strength - low) / span, index)
        drawing.line(
          (place, y(summary.afterRange.low)), (place, y(summary.afterRange.high)),
          color: color(condition.choice))
        drawing.dot(
          x: place, y: y(summary.after), color: color(condition.choice),
          title: "×\(strength): \(title(summary))")
        drawing.text(
          number(strength), x: Int(place), y: Int(y(0)) + 14, anchor: "middle", color: Self.grey)
        points.append((place, y(summary.after)))
      }
      drawing.path(points, color: color(condition.choice))
    }
    return top + Self.plot
  }

  private func number(_ value: Double) -> String { String(format: "%g", value) }
}
