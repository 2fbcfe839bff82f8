// A model that needs more memory than there is: refused with the figures, unless one insists.

import Foundation
import TestSupport
import Testing

@Suite struct MemoryTests {
  /// A GGUF file whose one layer claims terabytes, which a sparse file has without taking them.
  private func hugeModel(_ folder: TemporaryDirectory) throws -> String {
    var file = GGUFBytes()
    file.add("general.architecture", .text("llama"))
    let sizes: [(String, UInt32)] = [
      ("block_count", 1), ("context_length", 64), ("embedding_length", 64),
      ("feed_forward_length", 1 << 30), ("attention.head_count", 2),
    ]
    for (key, value) in sizes { file.add("llama.\(key)", .uint32(value)) }
    let (d, m, v): (UInt64, UInt64, UInt64) = (64, 1 << 30, 32)
    let tensors: [(String, [UInt64])] = [
      ("token_embd", [d, v]), ("output_norm", [d]), ("blk.0.attn_norm", [d]),
      ("blk.0.attn_q", [d, d]), ("blk.0.attn_k", [d, d]), ("blk.0.attn_v", [d, d]),
      ("blk.0.attn_output", [d, d]), ("blk.0.ffn_norm", [d]), ("blk.0.ffn_gate", [d, m]),
      ("blk.0.ffn_up", [d, m]), ("blk.0.ffn_down", [m, d]),
    ]
    var offset: UInt64 = 0
    for (name, sizes) in tensors {
      file.addTensor("\(name).weight", sizes: sizes, offset: offset)
      offset += 4 * sizes.reduce(1, *)
    }
    let path = folder.path + "/huge.gguf"
    let head = file.bytes
    try Data(head).write(to: URL(filePath: path))
    let handle = try FileHandle(forWritingTo: URL(filePath: path))
    try handle.truncate(atOffset: UInt64(head.count) + offset + 64)
    try handle.close()
    return path
  }

  @Test func whatDoesNotFitIsRefusedWithTheFigures() throws {
    let folder = try TemporaryDirectory()
    let model = try hugeModel(folder)
    let commands = [
      ["logits", "--tokens", "1,2"], ["attribute", "--item", "0"], ["heads"], ["evaluate"],
      ["explore"], ["circuit", "--item", "0"], ["intervene"], ["lens", "--item", "0"],
      ["sweep", "--results", folder.path + "/runs.sqlite"],
    ]
    for command in commands {
      let run = try gar(command + ["--model", model])
      expectFailure(run, status: 3, naming: "--force")
      #expect(run.errors.contains("768 GB for its weights"), "\(run.errors)")
    }
    // Past the check the token is looked at.
    expectFailure(
      try gar("logits", "--tokens", "99", "--model", model, "--force"), status: 3, naming: "99")
  }

  @Test func inspectSaysSoBeforeAnythingIsRead() throws {
    let folder = try TemporaryDirectory()
    let model = try hugeModel(folder)
    #expect(try gar("inspect", "--model", model).output.contains("too little"))
    let object = try gar("inspect", "--model", model, "--json").object()
    let expected = try #require(object["expectedBytes"] as? [String: Any])
    #expect(try #require(expected["weights"] as? Int) > 3 << 38)
    #if os(Linux)
      #expect(try #require(expected["available"] as? Int) > 1 << 20)
      #expect(try gar("inspect").output.contains("memory: enough"))
    #endif
  }
}
