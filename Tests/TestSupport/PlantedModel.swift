// A Llama model whose weights are written by hand: it judges simple statements with one True head
// and one False head, and has heads that look like them and are not.

import GAR

/// The heads of the planted model.
public enum PlantedHead: String, CaseIterable, Sendable {
  // What the judgement needs.
  /// Copies the name two positions back: a thing learns who has it.
  case ownerCopier = "0.2"
  /// Attends to the word "that": marks what comes after as the statement.
  case statementMarker = "0.5"
  /// At the claimed thing, attends to the same thing in the premise and copies who has it.
  case ownerFinder = "1.3"

  // What is to be found.
  /// A attends to Q where Q is the one who has the claimed thing, else to BOS; says Yes.
  case trueHead = "2.1"
  /// A attends to Q where Q is another, else to BOS; says No.
  case falseHead = "2.6"

  // What looks like it.
  /// Attends as the True head does and moves nothing.
  case silent = "2.0"
  /// A attends to Q always, and says No for distrusted names.
  case distrustful = "2.2"
  /// A True head, but a weak one whose activation is mostly decided elsewhere in the statement.
  case restless = "2.3"
  /// Attends as the True head does, and moves what counts only where the True head has spoken.
  case echo = "2.4"
  /// Attends as the True head does, and speaks against it.
  case contrary = "2.7"
  /// Brings half of the verdict from A to END.
  case messenger = "3.1"
  /// Brings the other half, and at A attends to Q always.
  case watchfulMessenger = "3.4"
  /// Brings what the echo says, where the True head has spoken.
  case gate = "3.7"

  public var layer: Int { Int(rawValue.prefix(1)) ?? 0 }
  public var head: Int { Int(rawValue.suffix(1)) ?? 0 }
}

/// Writes the model's directory.
///
/// It answers items of one task, without demonstrations: "Premise: < John has dog. Mary has pear.
/// >. Answer with Yes or No. Can it be inferred from the premise that John owns pear? Answer:". A
/// thing stands two positions after its owner, in the premise and in the statement.
public enum PlantedModel {
  /// The number of the task that the model judges.
  public static let task: String = {
    let task = GARTask.all.first { $0.summary == "Genders=,Kinds= cls" }
    return task.map { "\($0.index)" } ?? ""
  }()

  // The residual stream: codes of names and things, and single marks of 0 or 1. A token puts in the
  // first ten, heads write the others.
  static let name = Slot.code(0), thing = Slot.code(1)
  /// The name two positions back.
  static let owner = Slot.code(2)
  /// At the claimed thing, its owner by the premise.
  static let foundOwner = Slot.code(3)
  static let one = HandWrittenHeads.one
  static let isBOS = Slot.mark(1), isName = Slot.mark(2), isThing = Slot.mark(3)
  static let isThat = Slot.mark(4), isColon = Slot.mark(5)
  static let isDistrusted = Slot.mark(6), isRestless = Slot.mark(7)
  /// 1 from "that" on.
  static let isStatement = Slot.mark(8)
  /// The verdict at the claimed thing.
  static let yes = Slot.mark(9), no = Slot.mark(10), echoed = Slot.mark(11)
  /// The verdict at END.
  static let sayYes = Slot.mark(12), sayNo = Slot.mark(13)

  /// Every fourth name: the distrustful head says No to it.
  public static func isDistrusted(nameIndex: Int) -> Bool { nameIndex % 4 == 0 }
  /// Three names of five: the restless head attends to "that" from them.
  public static func isRestless(nameIndex: Int) -> Bool { nameIndex % 5 < 3 }

  static let shape = LlamaShape(
    layerCount: 4, headCount: 8, dModel: 128, dHead: 64, dMLP: 8, ropeBase: 1e12,
    contextLength: 128)

  /// Writes the model into a new folder that lives as long as the result.
  public static func write() throws -> TemporaryDirectory {
    let vocabulary = try PlantedVocabulary()
    var layers = Array(repeating: LlamaLayer(zeros: shape), count: shape.layerCount)
    for head in PlantedHead.allCases {
      heads(head).write(to: &layers[head.layer], head: head.head, shape: shape)
    }
    let weights = LlamaWeights(
      shape: shape, gain: HandWrittenHeads.gain(shape), embedding: vocabulary.embedding(shape),
      unembedding: unembedding(vocabulary), layers: layers)
    let directory = try TemporaryDirectory()
    try weights.write(to: directory, tokenizer: vocabulary.tokenizer)
    return directory
  }

  /// Logits for one unit of verdict.
  public static let logitsPerUnit = 8.0
  /// The verdict that it takes to answer at all, in units: with less, the model says ".".
  public static let leastVerdict = 0.6

  private static func unembedding(_ vocabulary: PlantedVocabulary) -> [Float] {
    var rows = [Float](repeating: 0, count: vocabulary.pieces.count * shape.dModel)
    func set(_ piece: String, _ slot: Slot, _ weight: Double) {
      let row = vocabulary.id(piece) * shape.dModel
      rows[row + slot.start] = Float(logitsPerUnit * weight / slot.scale)
    }
    set("ĠYes", sayYes, 1)
    set("ĠNo", sayNo, 1)
    set(".", one, leastVerdict)
    return rows
  }

  // MARK: Heads

  /// Scores are sums of marks times a sharpness of 18 or 24: a lead of 1/3 gives 6 or 8 nats.
  private static func heads(_ head: PlantedHead) -> HandWrittenHead {
    let empty = HandWrittenHead()
    switch head {
    case .ownerCopier:
      // One position off costs 24 · Σ (1 − cos θ) = 24 · 0.57 = 13.6 nats.
      return empty.looking(back: 2, 24).moving(name, to: owner)
    case .statementMarker:
      return empty.looking(for: isThat, at: one, 40).looking(for: isBOS, at: one, 20)
        .moving(isThat, to: isStatement)
    case .ownerFinder:
      // The same thing 1, others at most 1/3, BOS 2/3; the claimed thing itself 1 − 2.
      return empty.looking(for: thing, at: thing, 24).looking(for: isStatement, at: one, -48)
        .looking(for: isBOS, at: one, 16).moving(owner, to: foundOwner)
    case .trueHead: return attendingWhenTrue.moving(isName, to: yes)
    case .falseHead:
      // Q: 3 − 1 where it is the owner, else 3 − 1/3 to 3 + 1/3; BOS 7/3.
      return attendingFromThingToQuery(bos: 7.0 / 3).looking(for: name, at: foundOwner, -18)
        .moving(isName, to: no)
    default: return lookAlike(head)
    }
  }

  /// Why each fails is said where a test shows it (`PlantedHeadTests`).
  private static func lookAlike(_ head: PlantedHead) -> HandWrittenHead {
    switch head {
    case .silent: attendingWhenTrue.moving(isName, to: yes, 0)
    case .distrustful:
      // Q 3, BOS 2.25, "that" 1.5, names of the premise 1.5.
      attendingFromThingToQuery(bos: 2.25).moving(isDistrusted, to: no, 2)
    case .restless:
      // At A, in nats: Q 12 + 2 where it is the owner, else 12 + 2/3 at most; BOS 15.1. So Q gets a
      // quarter of the attention, or 2 to 8 %. At a restless name: "that" 40, BOS 15.1.
      HandWrittenHead().looking(for: isStatement, at: isThing, 6)
        .looking(for: isName, at: isThing, 6).looking(for: name, at: foundOwner, 2)
        .looking(for: isThat, at: isRestless, 40).looking(for: isBOS, at: one, 15.1)
        .moving(isName, to: yes)
    case .echo: attendingWhenTrue.moving(isName, to: echoed)
    case .contrary: attendingWhenTrue.moving(isName, to: no, 0.2)
    case .messenger: bringingVerdict
    case .watchfulMessenger:
      // At A, in nats: Q 42, "that" and A itself 21, BOS 36, and half a nat more where the True
      // head has spoken. So BOS keeps 0.25 or 0.4 % of the attention: a minute and regular
      // difference.
      bringingVerdict.looking(for: isStatement, at: isThing, 21)
        .looking(for: isName, at: isThing, 21).looking(for: isBOS, at: yes, 0.5)
    case .gate:
      // At END: A 2 + yes, BOS 2.5.
      HandWrittenHead().looking(for: isThing, at: isColon, 24)
        .looking(for: isStatement, at: isColon, 24).looking(for: yes, at: isColon, 24)
        .looking(for: isBOS, at: one, 60).moving(echoed, to: sayYes, 0.4)
    default: HandWrittenHead()
    }
  }

  /// At a thing: Q 3 and its name's share, other words of the statement 1.5, names of the premise
  /// 1.5 and their share. At other positions all 0 but BOS.
  private static func attendingFromThingToQuery(bos: Double) -> HandWrittenHead {
    HandWrittenHead().looking(for: isStatement, at: isThing, 27)
      .looking(for: isName, at: isThing, 27).looking(for: isBOS, at: one, 18 * bos)
  }

  /// Q: 3 + 1 where it is the owner, else 3 + 1/3 at most; BOS 11/3.
  private static var attendingWhenTrue: HandWrittenHead {
    attendingFromThingToQuery(bos: 11.0 / 3).looking(for: name, at: foundOwner, 18)
  }

  /// At END: the claimed thing 2, other things and other words of the statement 1, BOS 1.5.
  private static var bringingVerdict: HandWrittenHead {
    HandWrittenHead().looking(for: isThing, at: isColon, 24)
      .looking(for: isStatement, at: isColon, 24).looking(for: isBOS, at: one, 36)
      .moving(yes, to: sayYes, 0.5).moving(no, to: sayNo, 0.5)
  }
}
