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
  /// - Throws: `ExportError`.
  func write() throws -> [String] {
    var written: [String] = []
    func save(_ suffix: String, _ data: Data) throws {
      let file = name + suffix
      do { try data.write(to: URL(filePath: file), options: .atomic) } catch {
        throw ExportError.unwritable(file)
      }
      written.append(file)
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

/// What is on the screen cannot be kept.
enum ExportError: Error, CustomStringConvertible {
  case unwritable(String)

  var description: String {
    switch self {
    case .unwritable(let file):
      "\(file) cannot be written here; open gar in a folder where it can"
    }
  }
}
