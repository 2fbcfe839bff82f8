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
  /// Writes the screen and its files to the working directory.
  /// - Returns: the names of the files.
  /// - Throws: `ExportError`.
  func write() throws -> [String] {
    let screen = ExportFile(".txt", .text(screen))
    return try ([screen] + files).map { file in
      let path = name + file.suffix
      do { try file.data.write(to: URL(filePath: path), options: .atomic) } catch {
        throw ExportError.unwritable(path)
      }
      return path
    }
  }
}

extension ExportFile {
  fileprivate var data: Data {
    switch content {
    case .text(let text): Data(text.utf8)
    case .array(let values, let shape): NumPyFile.data(values, shape: shape)
    }
  }
}

extension HeadScores {
  /// As CSV, array and picture.
  /// - Parameters:
  ///   - title: stands above the picture.
  ///   - name: stands before the suffixes, such as `-difference`.
  /// - Returns: one file of each kind.
  package func files(title: String, name: String = "") -> [ExportFile] {
    [
      ExportFile(name + ".csv", .text(csv)),
      ExportFile(name + ".npy", .array(values, shape: [layerCount, headCount])),
      ExportFile(name + ".svg", .text(svg(title: title))),
    ]
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
