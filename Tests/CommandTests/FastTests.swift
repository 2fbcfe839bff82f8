// `--fast`: the commands that have it say that they rounded, the others say why they do not have it.

import Foundation
import TestSupport
import Testing

@Suite struct FastTests {
  private let quantised = fixture("EngineTests", "models/gguf/quantised/Q8_0.gguf")
  private let builtIn = packageRoot + "/Assets/model"

  @Test func logitsAreRoundedAndSaySo() throws {
    let arguments = ["logits", "--model", quantised, "--tokens", "1,5,9,2", "--json"]
    let exact = try gar(arguments).object()
    let fast = try gar(arguments + ["--fast"]).object()
    #expect(exact["arithmetic"] == nil)
    #expect(fast["arithmetic"] as? String == "int8")
    let logits = try [exact, fast].map { object in
      let top = try #require(object["top"] as? [[String: Any]])
      return try #require(top.first?["logit"] as? Double)
    }
    #expect(logits[0] != logits[1])
    #expect(abs(logits[0] - logits[1]) < 0.05 * abs(logits[0]) + 0.05)
    let table = try gar("logits", "--model", quantised, "--tokens", "1,5,9,2", "--fast")
    #expect(table.output.hasPrefix("int8 activations (--fast)\n"))
  }

  @Test(arguments: [
    ["attribute", "--item", "0"], ["heads"], ["show", "--item", "0"], ["inspect"],
  ])
  func measurementsRefuseIt(arguments: [String]) throws {
    expectFailure(try gar(arguments + ["--fast"]), status: 2, naming: "never under an attribution")
  }

  @Test func evaluationsBehindAServerRefuseIt() throws {
    let finished = try gar(
      "evaluate", "--endpoint", "http://localhost:1/v1", "--model", "m", "--fast")
    expectFailure(finished, status: 2, naming: "--endpoint")
  }

  /// The built-in model's weights are half floats.
  @Test func withoutQuantisedWeightsNothingChangesAndItSaysSo() throws {
    let arguments = ["evaluate", "--count", "6", "--shots", "0", "--json"]
    let exact = try gar(arguments)
    let fast = try gar(arguments + ["--fast"])
    #expect(fast.output == exact.output)
    #expect(fast.errors.contains("no quantised weights"))
  }
}
