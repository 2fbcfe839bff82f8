// "Answer it yourself first": what a person said to each item, and what stays hidden until then.

import GAR

/// The answers of a person who goes before the model.
package struct SelfTest: Equatable, Sendable {
  package var isOn = false
  /// By item.
  package var answers: [Int: OwnAnswer] = [:]
  /// Typed for the open item before it was there; judged when it is.
  var early: String?

  package struct OwnAnswer: Codable, Equatable, Sendable {
    package var text: String
    package var isRight: Bool

    package init(text: String, isRight: Bool) {
      self.text = text
      self.isRight = isRight
    }
  }
}

extension ExplorerState {
  /// Whether nothing may be shown that tells or hints at the answer of an item.
  package func isHidden(_ item: Int) -> Bool {
    selfTest.isOn && selfTest.answers[item] == nil
  }

  /// The same of the open item.
  package var isAnswerHidden: Bool { item.map(isHidden) ?? false }

  /// The open item as it may be shown.
  var shownDetail: ItemDetail? { isAnswerHidden ? detail?.withoutRoles : detail }

  /// How the person did, and how the model did on the same items.
  package var selfTestTallies: (person: Tally, model: Tally) {
    var person = Tally()
    var model = Tally()
    for (item, answer) in selfTest.answers {
      person.count(answer.isRight)
      model.count(verdict(item))
    }
    return (person, model)
  }

  mutating func toggleSelfTest() {
    selfTest.isOn.toggle()
    if isAnswerHidden, page.definition.isAboutItem { page = .item }
    refilter()
    let text =
      selfTest.isOn
      ? "answer first: r takes your answer; w shows everything again"
      : "everything is shown; your answers are kept"
    message = Message(text: text, isProblem: false)
  }

  /// Judges what was typed for the open item.
  mutating func takeOwnAnswer(_ text: String) {
    guard let item, let detail, isDetailCurrent else {
      selfTest.early = text
      return
    }
    selfTest.early = nil
    let verdict = judge(
      text, answer: detail.rightAnswer, candidates: detail.candidates.map(\.text),
      form: items[item].form)
    guard verdict != .unclear else {
      let wanted = items[item].form == .classification ? "Yes or No" : "an answer"
      message = Message(text: "type \(wanted); r asks again", isProblem: true)
      return
    }
    selfTest.answers[item] = SelfTest.OwnAnswer(text: text, isRight: verdict == .right)
    refilter()
    message = Message(
      text: verdict == .right ? "right" : "wrong: it is \(detail.rightAnswer)", isProblem: false)
    reveal()
  }
}
