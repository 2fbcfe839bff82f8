// What pages ask of the model, and what they are answered.

import Engine
import Interpretability
import Results

/// What a page asks. Equal questions have equal answers, so one that is answered is not asked again.
public enum PageQuestion: Equatable, Sendable {
  /// Explain an item: `.explanation`.
  case explanation(item: Int)
  /// Trace an item's circuit under the edits: `.circuit`.
  case circuit(item: Int, method: CircuitMethod, edits: HeadEdits)
  /// A head's whole attention pattern, plain and under the edits: `.attention`.
  case attentionMap(item: Int, head: HeadIndex, edits: HeadEdits)
  /// The logit lens under the edits: `.lens`.
  case lens(item: Int, edits: HeadEdits)
  /// Scores on both sides: `.comparison`.
  case comparison(item: Int, method: AttributionMethod, edits: HeadEdits, with: CompareSide)
  /// The models on this machine: `.models`.
  case models
}

/// What a page shows.
public enum PageFinding: Equatable, Sendable {
  case explanation(ItemPage)
  /// `nil` while it is being traced.
  case circuit(CircuitFile?)
  case attention(AttentionMap)
  case lens(LensReading)
  case comparison(Comparison)
  case models([ModelListing])
}

/// A question of a page with what is known of its answer.
package struct PageAnswer: Equatable, Sendable {
  package var question: PageQuestion
  package var finding: PageFinding?
  /// Why there is no finding.
  package var failure: String?
  /// Whether nothing more is to come.
  package var isComplete = false
}

/// What each page holds: its answer, and where its cursor and its screen are.
package struct PageMemory: Equatable, Sendable {
  package var answers: [Page: PageAnswer] = [:]
  package var cursors: [Page: PageCursor] = [:]
  package var scroll: [Page: PageCursor] = [:]
  /// The page and the question of the request that is under way.
  var asked: (page: Page, question: PageQuestion)?

  package static func == (a: PageMemory, b: PageMemory) -> Bool {
    a.answers == b.answers && a.cursors == b.cursors && a.scroll == b.scroll
      && a.asked?.page == b.asked?.page && a.asked?.question == b.asked?.question
  }
}

extension ExplorerState {
  /// What a page has to show: the answer to its question, or, until that comes, the one before.
  package func finding(_ page: Page) -> PageFinding? { pages.answers[page]?.finding }

  /// Whether a page shows the answer to its question as things stand.
  package func isCurrent(_ page: Page) -> Bool {
    pages.answers[page]?.question == page.definition.question(self)
  }

  /// The line in place of a finding that is not there.
  package func waitingLine(_ page: Page, _ waiting: String) -> Line {
    let text = pages.answers[page]?.failure ?? (item == nil ? "no item is open" : waiting)
    return [Span(text, pages.answers[page]?.failure == nil ? .faint : Style(.problem))]
  }

  /// Asks what the page on the screen wants to know, unless that is known or already asked.
  mutating func askPage() -> [Effect] {
    guard let question = page.definition.question(self) else { return stopAsking() }
    if live[.page] != nil, let asked = pages.asked, asked == (page, question) { return [] }
    if let answer = pages.answers[page], answer.question == question, answer.isComplete {
      return stopAsking()
    }
    pages.asked = (page, question)
    return [ask(.page(question))]
  }

  private mutating func stopAsking() -> [Effect] {
    pages.asked = nil
    return cancel(.page)
  }

  mutating func take(_ finding: PageFinding, progress: Float) {
    guard let asked = pages.asked else { return }
    live[.page]?.progress = progress
    // The cursor is placed by what is shown for the first time; later answers leave it in place.
    let isFirst = pages.answers[asked.page]?.finding == nil
    pages.answers[asked.page] = PageAnswer(
      question: asked.question, finding: finding, isComplete: progress >= 1)
    if isFirst { revealInPage() }
  }

  mutating func failPage(_ text: String) {
    guard let asked = pages.asked else { return }
    pages.answers[asked.page] = PageAnswer(
      question: asked.question, failure: text, isComplete: true)
  }

  /// Notes that a request is answered, though its last finding may have come before.
  mutating func finishPage() {
    guard let asked = pages.asked else { return }
    if pages.answers[asked.page]?.question == asked.question {
      pages.answers[asked.page]?.isComplete = true
    } else {
      failPage("there is no answer to this")
    }
  }

  /// Forgets what was found about the item before, and where its pages stood.
  mutating func forgetItemPages() {
    for page in Page.allCases where page.definition.isAboutItem {
      (pages.answers[page], pages.scroll[page], pages.cursors[page]) = (nil, nil, nil)
    }
    if isAnswerHidden, page.definition.isAboutItem { page = .item }
  }
}
