// What goes into a results file and what comes out of it, as values.

import Foundation
import JSONText

/// A model as results name it.
public struct ModelRecord: Sendable, Equatable {
  /// `Model.contentHash`.
  public var hash: String
  public var name: String
  public var path: String
  public var layerCount: Int
  public var headCount: Int
  /// What else is worth knowing, as a JSON object: family, parameters, types of the weights.
  public var facts: String

  public init(
    hash: String, name: String, path: String, layerCount: Int, headCount: Int, facts: String
  ) {
    self.hash = hash
    self.name = name
    self.path = path
    self.layerCount = layerCount
    self.headCount = headCount
    self.facts = facts
  }

  /// The name with the beginning of the hash, for messages.
  var label: String { Self.label(name: name, hash: hash) }

  static func label(name: String, hash: String) -> String { "\(name) (\(hash.prefix(8)))" }
}

/// An item as one model reads it.
public struct PromptRecord: Sendable, Equatable {
  /// Of the tokens, the corrupted ones, the answers and the item: what a result depends on.
  public var hash: String
  /// Of `json` alone: the same for every model.
  public var itemHash: String
  /// The item's id.
  public var name: String
  /// The item as one line of JSON.
  public var json: String
  /// What is known of the corrupted prompt, as a JSON object.
  public var facts: String

  public init(hash: String, itemHash: String, name: String, json: String, facts: String) {
    self.hash = hash
    self.itemHash = itemHash
    self.name = name
    self.json = json
    self.facts = facts
  }
}

/// What was measured: a method by name, and its settings as a JSON object with sorted keys.
public struct Measure: Sendable, Hashable {
  public var method: String
  public var settings: String

  public init(method: String, settings: String) {
    self.method = method
    self.settings = settings
  }
}

/// One method's result for one prompt.
public struct Outcome: Sendable, Equatable {
  /// Of `values`; empty where there are none.
  public var shape: [Int]
  /// In C order.
  public var values: [Float]
  public var scalars: [String: Double]
  /// Why the method cannot be used on the prompt; `nil` where it was.
  public var remark: String?
  public var seconds: Double?

  /// - Precondition: `values` holds as many numbers as the shape says.
  public init(
    shape: [Int] = [], values: [Float] = [], scalars: [String: Double] = [:],
    remark: String? = nil, seconds: Double? = nil
  ) {
    precondition(
      values.count == (shape.isEmpty ? 0 : shape.reduce(1, *)),
      "Outcome: \(values.count) values for shape \(shape)")
    self.shape = shape
    self.values = values
    self.scalars = scalars
    self.remark = remark
    self.seconds = seconds
  }
}

/// Measures over a set of items: what a sweep is to do.
public struct SweepPlan: Sendable {
  public var model: ModelRecord
  /// What the set is called: `items.jsonl`, `1000 generated items, seed 1`.
  public var title: String
  public var prompts: [PromptRecord]
  public var measures: [Measure]
  /// The command that asked for it, and the program's version.
  public var command: String
  public var program: String

  public init(
    model: ModelRecord, title: String, prompts: [PromptRecord], measures: [Measure],
    command: String, program: String
  ) {
    self.model = model
    self.title = title
    self.prompts = prompts
    self.measures = measures
    self.command = command
    self.program = program
  }
}

/// A measure over a set, and how far it has come.
public struct RunRecord: Sendable, Equatable, Identifiable {
  /// The number by which commands name it.
  public var id: Int64
  public var measureID: Int64
  public var setID: Int64
  public var model: ModelRecord
  public var measure: Measure
  public var setTitle: String
  public var setHash: String
  /// Items of the set.
  public var count: Int
  /// Those with a result, and of these the ones that the method cannot be used on.
  public var done: Int
  public var unusable: Int
  /// Spent on the results, in all.
  public var seconds: Double
  public var command: String
  public var program: String
  /// ISO 8601, UTC.
  public var created: String

  public var isFinished: Bool { done == count }
}

/// One prompt of a run and its result, where it has one.
public struct StoredResult: Sendable, Equatable {
  /// In the set, from 0.
  public var place: Int
  public var promptID: Int64
  public var item: String
  /// `nil` where it is not there yet.
  public var outcome: Outcome?
}

// MARK: - As they are stored

extension Outcome {
  var shapeText: String { JSONValue.array(shape.map { .int($0) }).text }

  /// The values as little-endian bytes.
  var data: Data {
    values.map(\.bitPattern.littleEndian).withUnsafeBytes { Data($0) }
  }

  var scalarText: String {
    JSONValue.object(scalars.sorted { $0.key < $1.key }.map { ($0.key, .double($0.value)) }).text
  }

  /// - Returns: `nil` where the columns contradict each other.
  init?(shape: String, data: Data, scalars: String, remark: String?, seconds: Double?) {
    guard let sizes = try? JSONValue.read(Array(shape.utf8), rules: .strict).array,
      let members = try? JSONValue.read(Array(scalars.utf8), rules: .strict).object?.members
    else { return nil }
    let whole = sizes.compactMap(\.int)
    let isTooLarge = whole.contains { !(0...1 << 40).contains($0) }
    guard whole.count == sizes.count, !isTooLarge, data.count % 4 == 0 else { return nil }
    var count = whole.isEmpty ? 0 : 1
    for size in whole {
      let (product, overflow) = count.multipliedReportingOverflow(by: size)
      guard !overflow else { return nil }
      count = product
    }
    guard count == data.count / 4 else { return nil }
    self.shape = whole
    values = [Float](unsafeUninitializedCapacity: count) { buffer, filled in
      data.withUnsafeBytes { bytes in
        for index in 0..<count {
          let word = bytes.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self)
          buffer[index] = Float(bitPattern: UInt32(littleEndian: word))
        }
      }
      filled = count
    }
    self.scalars = Dictionary(
      members.map { ($0.key, $0.value.double ?? .nan) }, uniquingKeysWith: { $1 })
    self.remark = remark
    self.seconds = seconds
  }
}
