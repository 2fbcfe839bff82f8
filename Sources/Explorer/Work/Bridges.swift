// How items and findings of the other modules become the explorer's values.

import Foundation
import GAR
import Interpretability
import Results

extension ItemSummary {
  init(_ item: Item) {
    self.init(
      id: item.id, task: item.task.summary,
      form: item.task.form, isNegated: item.task.isNegated, relationCount: item.task.relationCount,
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
