// A model's hash tells contents apart, not copies.

import Checkpoints
import Engine
import Foundation
import TestSupport
import Testing

@Suite struct ModelHashTests {
  @Test func copyHasTheSameHashAndAnotherModelAnother() throws {
    let original = try Model.load(fixture("EngineTests", "models/multihead")).contentHash
    let copy = try ScratchModel("multihead")
    let path = copy.path + "/config.json"
    let text = try String(contentsOfFile: path, encoding: .utf8)
    try "{\"_name_or_path\": \"elsewhere\", \(text.dropFirst())"
      .write(toFile: path, atomically: true, encoding: .utf8)
    #expect(try Model.load(copy.path).contentHash == original)
    #expect(
      try Model.load(fixture("EngineTests", "models/grouped")).contentHash != original)
    try copy.configure { $0["rms_norm_eps"] = 0.5 }
    #expect(try Model.load(copy.path).contentHash != original)
  }

  @Test func oneChangedBitOfASmallModelIsSeen() throws {
    let copy = try ScratchModel("multihead")
    let original = try Model.load(copy.path).contentHash
    let path = copy.path + "/model.safetensors"
    var data = try Data(contentsOf: URL(filePath: path))
    data[data.count - 4] ^= 1
    try data.write(to: URL(filePath: path))
    #expect(try Model.load(copy.path).contentHash != original)
  }
}
