// How items and findings of the other modules become the explorer's values.

import Engine
import Foundation
import GAR
import Interpretability
import Results

extension ItemSummary {
  init(_ item: Item) {
    self.init(
      id: item.id, task: item.task.summary,
      form: item.task.form == .generation ? .generation : .classification,
      isNegated: item.task.isNegated, relationCount: item.task.relationCount,
      schemas: item.task.schemas.map(\.shortName),
      label: item.row.label.map { $0 == "Yes" ? .yes : .no })
  }
}

extension ExportRequest {
  /// Writes the screen, and the scores as CSV and `.npy`, to the working directory.
  /// - Returns: the names of the files.
  func write() throws -> [String] {
    var written: [String] = []
    func save(_ suffix: String, _ data: Data) throws {
      try data.write(to: URL(filePath: name + suffix), options: .atomic)
      written.append(name + suffix)
    }
    try save(".txt", Data(screen.utf8))
    if let scores {
      try save(".csv", Data(scores.csv.utf8))
      try save(
        ".npy",
        NumPyFile.data(scores.values, shape: [scores.layerCount, scores.headCount]))
    }
    return written
  }
}

extension ScoreMethod {
  var method: AttributionMethod {
    switch self {
    case .attributionPatching: .attributionPatching
    case .integratedGradients: .integratedGradients
    case .zeroBaseline: .zeroBaseline
    case .activationPatching: .activationPatching
    case .ablation: .ablation
    }
  }
}

extension AttentionReading.RolePair {
  init(_ pair: Interpretability.RolePair) {
    self.init(query: pair.query, key: pair.key, weight: pair.attention)
  }
}

extension HeadEvidence {
  init(_ evidence: Interpretability.HeadEvidence) {
    let kind: HeadKind =
      switch evidence.kind {
      case .trueHead: .trueHead
      case .falseHead: .falseHead
      case .neither: .neither
      }
    self.init(
      head: evidence.head, kind: kind, difference: Float(evidence.d),
      interval: Float(evidence.interval.low)...Float(evidence.interval.high),
      auroc: Float(evidence.auroc))
  }
}
