// What the explorer asks of the model, and what comes back.

import Engine
import Interpretability

/// What a request is about. A new request makes the older ones on the same topic stale.
///
/// The order is the order of answering.
public enum Topic: Int, CaseIterable, Sendable {
  case detail, plainAnswer, answer, attention, headSet, export
  case page
  case scores
  case accuracy
  case headClasses
}

/// One piece of slow work.
public enum Request: Equatable, Sendable {
  /// Open an item: `.detail`.
  case detail(item: Int)
  /// What the model says in the plain run: `.readout`.
  case plainAnswer(item: Int)
  /// What it says under the edits: `.readout`.
  case answer(item: Int, edits: HeadEdits)
  /// One row of a head's attention pattern under the edits: `.attention`. `query` `nil` is END.
  case attention(item: Int, head: HeadIndex, query: Int?, edits: HeadEdits)
  /// What a page wants to know: `.page`.
  case page(PageQuestion)
  /// Every head's score under the edits: `.scores`, also while they are being found.
  case scores(item: Int, method: AttributionMethod, edits: HeadEdits)
  /// Right or wrong, item by item: `.verdicts`. The plain run of `items[i]` is asked only where
  /// `needsPlain[i]`, the edited one only where `edits` is not empty.
  case accuracy(items: [Int], needsPlain: [Bool], edits: HeadEdits)
  /// True and False heads of the model: `.headClasses`.
  case headClasses
  /// Read a head set from a file: `.headSet`.
  case headSet(path: String)
  /// Write what is on the screen: `.exported`.
  case export(ExportRequest)
  /// Keep a session under a name: `.sessionSaved`.
  case saveSession(name: String, Snapshot)

  public var topic: Topic {
    switch self {
    case .detail: .detail
    case .plainAnswer: .plainAnswer
    case .answer: .answer
    case .attention: .attention
    case .page: .page
    case .scores: .scores
    case .accuracy: .accuracy
    case .headClasses: .headClasses
    case .headSet: .headSet
    case .export, .saveSession: .export
    }
  }
}

/// An answer, or a part of one.
public enum Finding: Equatable, Sendable {
  case detail(ItemDetail)
  case readout(Readout)
  case attention(AttentionReading)
  /// What a page shows, and the share of it that is done, 0...1.
  case page(PageFinding, progress: Float)
  /// Scores, NaN where not yet known, and the share of them that is done, 0...1.
  case scores(HeadScores, progress: Float)
  /// More verdicts, each item once, and the share of the set that is done, 0...1.
  case verdicts([Verdict], progress: Float)
  /// Every head found so far, and the share of the work that is done, 0...1.
  case headClasses([KindEvidence], progress: Float)
  /// What the evidence was found on; comes before the last of `headClasses`.
  case evidenceBase(EvidenceBase)
  case headSet(HeadSet)
  /// The file of a session.
  case sessionSaved(String)
  /// The files written.
  case exported([String])
}

/// What `update` asks for.
public enum Effect: Equatable, Sendable {
  /// Answer the request; older ones on its topic are stale.
  case ask(Request, generation: Int)
  /// Nobody waits for this topic any more.
  case cancel(Topic)
}
