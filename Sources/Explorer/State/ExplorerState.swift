// The whole state of the explorer; views read it, only `update` changes it.

import Engine
import Interpretability
import Results

/// What the terminal can show.
public struct Display: Equatable, Sendable {
  /// Without it, prompts name the roles in letters.
  public var hasColor: Bool
  /// Without it, the screen is ASCII.
  public var hasUnicode: Bool
  /// Whether colours come in enough shades to tell sizes by colour alone.
  public var hasShades: Bool

  public init(hasColor: Bool, hasUnicode: Bool, hasShades: Bool = false) {
    self.hasColor = hasColor
    self.hasUnicode = hasUnicode
    self.hasShades = hasShades
  }

  /// Whether half blocks may show two scores in one cell.
  package var hasHalves: Bool { hasShades && hasUnicode }
}

/// How the explorer was left.
public enum ExplorerExit: Equatable, Sendable {
  case quit
  /// Ctrl-C.
  case interrupted
  /// To be opened anew on something else.
  case reopen(Reopening)
}

/// What the explorer is to be opened on next.
public enum Reopening: Equatable, Sendable {
  /// Another model on the same items; `nil` is the built-in one.
  case model(String?)
  /// A saved session, by name.
  case session(String)
}

/// Everything that the screen is drawn from.
public struct ExplorerState: Sendable {
  public let facts: ModelFacts
  public let items: [ItemSummary]
  public var display: Display
  public internal(set) var size: Size
  /// Not `nil` when the explorer is to end.
  public internal(set) var exit: ExplorerExit?

  package internal(set) var focus = Panel.heatmap
  package internal(set) var isZoomed = false
  package internal(set) var isHelpShown = false
  package internal(set) var page = Page.item
  package internal(set) var pages = PageMemory()
  /// Whether the explain page shows demonstrations too.
  package internal(set) var showsAllRows = false
  /// How the circuit page traces.
  package internal(set) var circuitMethod = CircuitMethod.stepwise
  package internal(set) var selfTest = SelfTest()
  package internal(set) var headOrder = HeadOrder.rank
  package internal(set) var run = RunShown.edited
  package internal(set) var lensQuantity = LensQuantity.top
  package internal(set) var compareSide = CompareSide.method(.activationPatching)
  package internal(set) var line: LineEditor?
  package internal(set) var message: Message?
  package internal(set) var scroll = Scroll()

  package internal(set) var item: Int?
  package internal(set) var head: HeadIndex
  /// Whether the head was chosen; until then it is the strongest on the first item.
  var isHeadChosen: Bool
  /// The query position whose attention is shown; `nil` is END.
  package internal(set) var query: Int?
  package internal(set) var method = AttributionMethod.attributionPatching
  package internal(set) var filter = ItemFilter("")
  /// The items that pass the filter, in order.
  package internal(set) var shown: [Int]

  package internal(set) var edits: HeadEdits = [:]
  package internal(set) var undoStack: [HeadEdits] = []
  package internal(set) var redoStack: [HeadEdits] = []
  package internal(set) var evidence: [HeadIndex: KindEvidence] = [:]
  package internal(set) var evidenceBase: EvidenceBase?
  /// The explorer was opened on heads that are known, so that it need not look for any.
  public var opensWithHeadSet = false
  /// What a results file holds, where the explorer was opened on one.
  public var stored: StoredScores?
  /// Whether the heatmap shows the file's mean instead of the item's scores.
  package internal(set) var showsSetMean = false
  /// The place is that of a snapshot, and is kept when the explorer opens.
  var isRestored = false
  /// The session last saved or opened.
  public var sessionName: String?
  /// Kinds given by hand or by a head set file; they go before what was found.
  package internal(set) var marks: [HeadIndex: HeadKind] = [:]

  package internal(set) var detail: ItemDetail?
  /// Whether `detail` is that of the open item, rather than of the one before.
  var isDetailCurrent = false
  package internal(set) var plainReadout: Readout?
  package internal(set) var editedReadout: Readout?
  package internal(set) var attention: AttentionReading?
  package internal(set) var scores: HeadScores?
  package internal(set) var heatLimit = HeatLimit()
  /// By item, `[items]`; `nil` where not yet known.
  package internal(set) var plainVerdicts: [Bool?]
  package internal(set) var editedVerdicts: [Bool?]

  /// Requests asked and not yet answered.
  package internal(set) var live: [Topic: LiveWork] = [:]
  /// Why the last request on a topic has no answer.
  package internal(set) var failures: [Topic: String] = [:]
  private var lastGeneration = 0

  /// A state that opens `item` first, or the nearest there is, with `head` selected; without one,
  /// the head with the largest score.
  public init(
    facts: ModelFacts, items: [ItemSummary], size: Size = Size(width: 100, height: 30),
    display: Display = Display(hasColor: false, hasUnicode: true), item: Int = 0,
    head: HeadIndex? = nil
  ) {
    self.head = head ?? HeadIndex(layer: 0, head: 0)
    isHeadChosen = head != nil
    self.facts = facts
    self.items = items
    self.size = size
    self.display = display
    self.item = items.isEmpty ? nil : min(max(0, item), items.count - 1)
    shown = Array(items.indices)
    plainVerdicts = [Bool?](repeating: nil, count: items.count)
    editedVerdicts = plainVerdicts
  }

  /// The explorer goes on where it was to be left, with a message.
  public mutating func goOn(_ problem: String) {
    exit = nil
    isRestored = true
    message = Message(text: problem, isProblem: true)
  }

  /// Makes a request the live one of its topic.
  mutating func ask(_ request: Request) -> Effect {
    lastGeneration += 1
    failures[request.topic] = nil
    live[request.topic] = LiveWork(generation: lastGeneration, progress: 0)
    return .ask(request, generation: lastGeneration)
  }

  mutating func cancel(_ topics: Topic...) -> [Effect] {
    topics.compactMap { live.removeValue(forKey: $0) == nil ? nil : .cancel($0) }
  }
}

/// A request under way.
package struct LiveWork: Equatable, Sendable {
  package var generation: Int
  /// 0...1.
  package var progress: Float
}

/// A line for the footer.
package struct Message: Equatable, Sendable {
  package var text: String
  package var isProblem: Bool
}

/// First visible row or column of what is larger than its panel.
package struct Scroll: Codable, Equatable, Sendable {
  package var items = 0
  package var prompt = 0
  /// Layers below and heads left of the visible part of the heatmap.
  package var layer = 0
  package var head = 0
  package var answer = 0
  package var help = 0
}

/// The score at which the heatmap is saturated; it stays while an item and a method are on screen.
package struct HeatLimit: Equatable, Sendable {
  package var value: Float = 0
  package var isSettled = false
}

extension ExplorerState {
  /// What kind of head this is, by hand or by evidence.
  package func kind(of head: HeadIndex) -> HeadKind {
    marks[head] ?? evidence[head]?.kind ?? .neither
  }

  /// Every head of a kind, in order.
  package func heads(of kind: HeadKind) -> [HeadIndex] {
    Set(marks.keys).union(evidence.keys).filter { self.kind(of: $0) == kind }.sorted()
  }

  /// The position whose attention is shown.
  package var queryPosition: Int? {
    guard let count = detail?.tokens.count, count > 0 else { return nil }
    return min(query ?? count - 1, count - 1)
  }

  /// Right or wrong as things stand: under the edits where there are any and it is known.
  package func verdict(_ item: Int) -> Bool? {
    edits.isEmpty ? plainVerdicts[item] : editedVerdicts[item]
  }

  /// Tallies over some items, before and after the edits.
  package func accuracy(_ items: some Sequence<Int>) -> (before: Tally, after: Tally) {
    var before = Tally()
    var after = Tally()
    for item in items {
      before.count(plainVerdicts[item])
      if !edits.isEmpty { after.count(editedVerdicts[item]) }
    }
    return (before, after)
  }
}
