// What `gar heads` prints and writes.

import Engine
import Interpretability
import JSONText

struct HeadsReport {
  let model: String
  let modelHash: String
  let classes: HeadClasses

  var headSet: HeadSet {
    HeadSet(
      model: model, trueHeads: classes.heads(.trueHead), falseHeads: classes.heads(.falseHead),
      modelHash: modelHash, items: "\(classes.pairCount) Yes/No pairs",
      evidence: classes.ranked.filter(\.isCandidate).map { HeadSet.Evidence($0) })
  }

  // MARK: Text

  var text: String {
    [
      "\(model), \(classes.pairCount) Yes/No pairs, \(classes.alignedPairCount) of equal length · "
        + "accuracy on Yes \(percent(classes.accuracyWhenTrue)), on No "
        + percent(classes.accuracyWhenFalse),
      verdict(.trueHead, "True"), verdict(.falseHead, "False"), "", table,
    ].joined(separator: "\n")
  }

  private func verdict(_ kind: HeadKind, _ name: String) -> String {
    let heads = classes.heads.filter { $0.kind == kind }.sorted { abs($0.d) > abs($1.d) }
    if heads.isEmpty { return "\(name) heads: none; \(reasonForNone)" }
    return "\(name) heads: "
      + heads.map { "\($0.head.dotted) (d \(signed($0.d, 3)))" }.joined(separator: ", ")
  }

  private var reasonForNone: String {
    classes.alignedPairCount == 0
      ? "no pair's halves have the same number of tokens, so that no head has an attribution"
      : "no candidate reaches the bar"
  }

  private var table: String {
    var table = Table([
      "head", "kind", ">d", ">99.9 %", ">AUROC", ">attr. true", ">attr. false", ">Yes, zeroed",
      ">No, zeroed", "role pair",
    ])
    for head in classes.ranked where head.isCandidate {
      table.add([
        head.head.dotted, name(head.kind), signed(head.d, 3),
        "\(signed(head.interval.low, 3))…\(signed(head.interval.high, 3))", fixed(head.auroc, 3),
        signed(head.attributionWhenTrue, 2), signed(head.attributionWhenFalse, 2),
        head.ablatedAccuracyWhenTrue.map(percent) ?? "–",
        head.ablatedAccuracyWhenFalse.map(percent) ?? "–", head.rolePair?.summary ?? "",
      ])
    }
    return table.rows.isEmpty ? "no head has attribution on both halves" : table.text
  }

  private func name(_ kind: HeadKind) -> String {
    switch kind {
    case .trueHead: "True"
    case .falseHead: "False"
    case .neither: "neither"
    }
  }

  // MARK: Picture

  /// d of every head as a heatmap, True heads marked T and False heads F.
  func svg(_ configuration: ModelConfiguration) -> String {
    let d = HeadScores(
      layerCount: configuration.layerCount, headCount: configuration.headCount,
      values: classes.heads.map { Float($0.d) })
    let marks = classes.heads.compactMap { head in
      head.kind == .neither ? nil : (head.head, head.kind == .trueHead ? "T" : "F")
    }
    return d.svg(
      title: "\(model): d = f(true) − f(false), \(classes.pairCount) pairs", unit: "",
      marks: Dictionary(uniqueKeysWithValues: marks))
  }

  // MARK: CSV

  var csv: String {
    let header =
      "layer,head,kind,candidate,d,low,high,auroc,attribution_true,attribution_false,"
      + "yes_zeroed,no_zeroed,query_role,key_role,attention\n"
    return classes.heads.reduce(into: header) { text, head in
      let cells: [String] = [
        "\(head.head.layer)", "\(head.head.head)", head.kind.rawValue, "\(head.isCandidate)",
        "\(head.d)", "\(head.interval.low)", "\(head.interval.high)", "\(head.auroc)",
        "\(head.attributionWhenTrue)", "\(head.attributionWhenFalse)",
        head.ablatedAccuracyWhenTrue.map { "\($0)" } ?? "",
        head.ablatedAccuracyWhenFalse.map { "\($0)" } ?? "", head.rolePair?.query ?? "",
        head.rolePair?.key ?? "", head.rolePair.map { "\($0.attention)" } ?? "",
      ]
      text += cells.joined(separator: ",") + "\n"
    }
  }

  // MARK: JSON

  var json: JSONValue {
    .object([
      ("model", .string(model)), ("modelHash", .string(modelHash)),
      ("pairs", .int(classes.pairCount)), ("alignedPairs", .int(classes.alignedPairCount)),
      (
        "accuracy",
        .object([
          ("yes", .double(classes.accuracyWhenTrue)), ("no", .double(classes.accuracyWhenFalse)),
        ])
      ),
      ("trueHeads", .array(headSet.trueHeads.map { .string($0.dotted) })),
      ("falseHeads", .array(headSet.falseHeads.map { .string($0.dotted) })),
      ("heads", .array(classes.ranked.map(evidence))),
    ])
  }

  private func evidence(_ head: HeadEvidence) -> JSONValue {
    .object([
      ("head", .string(head.head.dotted)), ("kind", .string(head.kind.rawValue)),
      ("candidate", .bool(head.isCandidate)), ("d", .double(head.d)),
      ("interval", head.interval.json), ("auroc", .double(head.auroc)),
      ("attributionWhenTrue", .double(head.attributionWhenTrue)),
      ("attributionWhenFalse", .double(head.attributionWhenFalse)),
      ("rolePair", head.rolePair.map(rolePairJSON) ?? .null),
      ("accuracyOnYesZeroed", head.ablatedAccuracyWhenTrue.map { .double($0) } ?? .null),
      ("accuracyOnNoZeroed", head.ablatedAccuracyWhenFalse.map { .double($0) } ?? .null),
    ])
  }
}
