// Which safetensors files are accepted and what is read from them, against the reference library.

import Checkpoints
import Foundation
import TestSupport
import Testing

private struct Verdict: Decodable {
  let header: String
  let dataCount: Int
  let accepted: Bool
}

private struct TensorSummary: Decodable {
  let type: String
  let shape: [Int]
  let first: Double
  let last: Double
  let sum: Double
}

private func decodeFixture<T: Decodable>(_ type: T.Type, _ name: String) throws -> T {
  let path = fixture("CheckpointsTests", name)
  return try JSONDecoder().decode(type, from: Data(contentsOf: URL(filePath: path)))
}

@Test func filesAreAcceptedAsByTheReference() throws {
  let directory = try modelDirectory()
  let verdicts = try decodeFixture([Verdict].self, "verdicts.json")
  #expect(verdicts.filter(\.accepted).count > 20 && verdicts.filter { !$0.accepted }.count > 100)
  for verdict in verdicts {
    try writeSafetensors(
      path: directory.path + "/model.safetensors", header: verdict.header,
      data: [UInt8](repeating: 0, count: verdict.dataCount))
    let result = Result { () throws(CheckpointError) in try Checkpoint.open(directory.path) }
    let accepted = (try? result.get()) != nil
    #expect(accepted == verdict.accepted, "\(verdict.header) + \(verdict.dataCount): \(result)")
  }
}

/// Both sums are in double precision; theirs is rounded once, ours after each of n terms.
@Test func builtInModelHasTheReferencesValues() throws {
  let checkpoint = try Checkpoint.open(packageRoot + "/Assets/model")
  let summaries = try decodeFixture([String: TensorSummary].self, "built-in.json")
  #expect(Set(checkpoint.tensors.keys) == Set(summaries.keys))
  for (name, summary) in summaries {
    let tensor = try checkpoint.tensor(name)
    #expect(tensor.type.name == summary.type && tensor.shape == summary.shape)
    let values = stride(from: 0, to: tensor.byteCount, by: 2).map {
      Double(Float16(bitPattern: tensor.bytes.loadUnaligned(fromByteOffset: $0, as: UInt16.self)))
    }
    #expect(values.first == summary.first && values.last == summary.last)
    let bound = Double(values.count) * .ulpOfOne * values.reduce(0) { $0 + abs($1) }
    #expect(abs(values.reduce(0, +) - summary.sum) <= bound, "\(name)")
  }
}
