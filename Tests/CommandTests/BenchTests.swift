// `gar bench`: what it reports follows from what it measures, and other programs are asked by turns.

import Foundation
import TestSupport
import Testing

@Suite struct BenchTests {
  @Test func sharesFollowFromTheTimesAndTheMachine() throws {
    let object = try gar("bench", "--quick", "--json", "--types", "f32,q4_0").object()
    let machine = try #require(object["machine"] as? [String: Any])
    let peak = try #require(machine["peakFLOPS"] as? Double)
    let bandwidth = try #require(machine["readBandwidth"] as? Double)
    #expect(peak > 1e8 && bandwidth > 1e8)
    let products = try #require(object["products"] as? [[String: Any]])
    #expect(products.count == 8)
    for product in products {
      let share = try #require(product["share"] as? Double)
      let seconds = try #require(product["milliseconds"] as? Double) / 1000
      let width = product["type"] as? String == "f32" ? 4 : 18.0 / 32
      let size = Double(try #require(product["inputs"] as? Int) * 4096)
      let least =
        product["rows"] as? Int == 1 ? size * width / bandwidth : 2 * 100 * size / peak
      // The machine as listed is its best reading, the share is against the reading of each run.
      #expect(share >= least / seconds * 0.999_999 && share.isFinite, "\(product)")
    }
    let model = try #require(object["model"] as? [String: Any])
    let times = try #require(model["milliseconds"] as? [String: Double])
    #expect(
      Set(times.keys) == [
        "load", "prompt64", "prompt128", "prompt512", "decode", "attributionPatching",
        "attributionPatchingFromStart",
        "activationPatching", "headToggleAtEND", "headToggle",
      ])
    #expect(times.values.allSatisfy { $0 > 0 })
    #expect((model["peakResidentBytes"] as? Int ?? 0) > 4 << 20)
    let tasks = try #require(model["tasks"] as? [[String: Any]])
    let decode = try #require(tasks.first { $0["task"] as? String == "decode" })
    let rate = try #require(decode["tokensPerSecond"] as? Double)
    #expect(abs(rate * (times["decode"] ?? 0) / 1000 - 1) < 1e-9)
  }

  @Test func partsAndLengthsAreChosen() throws {
    let object = try gar("bench", "--quick", "--json", "--only", "prompt", "--lengths", "8,9999")
      .object()
    let model = try #require(object["model"] as? [String: Any])
    #expect((model["milliseconds"] as? [String: Double])?.keys.sorted() == ["prompt8"])
    #expect(object["products"] == nil)
    expectFailure(try gar("bench", "--only", "speed"), status: 2, naming: "'speed'")
    expectFailure(try gar("bench", "--types", "q9"), status: 2, naming: "q4_k")
    expectFailure(try gar("bench", "--lengths", "0"), status: 2, naming: "--lengths")
  }

  /// A stand-in that answers like llama-bench: 64 tokens a second.
  @Test func llamaBenchIsAskedByTurns() throws {
    let folder = try TemporaryDirectory()
    let log = folder.path + "/calls"
    let script = try folder.write(
      """
      #!/bin/sh
      echo "$@" >> '\(log)'
      echo '[{"build_commit": "abc", "avg_ns": 1000000000}]'
      """, to: "llama-bench")
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: script)
    let object = try gar(
      "bench", "--quick", "--json", "--only", "prompt,toggle", "--lengths", "64", "--peers",
      "--only-peers", "llama-bench", "--llama-bench", script, "--peer-model", script
    ).object()
    let peers = try #require(object["peers"] as? [[String: Any]])
    // A toggle is held against a whole pass over the item.
    #expect(peers.count == 3)
    for peer in peers {
      #expect(peer["peer"] as? String == "llama-bench abc")
      let own = try #require(peer["own"] as? [String: Any])
      let seconds = try #require(own["seconds"] as? [Double])
      let ratio = try #require(peer["ratio"] as? Double)
      #expect(
        ratio >= 1 / (seconds.max() ?? 0) * 0.999 && ratio <= 1 / (seconds.min() ?? 0) * 1.001)
    }
    let calls = try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n")
    #expect(calls.allSatisfy { $0.contains("-m \(script)") && $0.contains("-n 0") })
    #expect(calls.contains { $0.contains("-p 64 ") } && calls.count > 3)
  }

  @Test func missingProgramsAreNamedWithTheirRemedy() throws {
    let nothing = try gar(
      "bench", "--peers", "--llama-bench", "/nowhere", "--python", "/nowhere/python")
    expectFailure(nothing, status: 3, naming: "--peer-model")
    expectFailure(
      try gar("bench", "--peers", "--only-peers", "x"), status: 2, naming: "llama-bench")
  }
}
