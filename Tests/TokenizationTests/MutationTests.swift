// Tens of thousands of damaged files: each loads, and then encodes, or throws; none crashes.

import Checkpoints
import TestSupport
import Testing
import Tokenization

/// Loads that many damaged copies.
/// - Returns: how many were refused.
private func refusals(
  _ whole: [UInt8], name: String, count: Int, seed: UInt64
) throws -> Int {
  var mutator = Mutator(seed: seed)
  var refusals = 0
  for _ in 0..<Mutator.count(count) {
    let file = MappedFile(path: "/" + name, copying: mutator.damage(whole))
    do throws(TokenizerError) {
      let tokenizer = try Tokenizer.load(file)
      let encoding = tokenizer.encode("aa b<s> <0x21>!\n  é", parseSpecial: true)
      let isSound =
        encoding.ids.count == encoding.ranges.count
        && encoding.ids.allSatisfy { (0..<Int32(tokenizer.vocabularySize)).contains($0) }
      if !isSound { Issue.record("\(encoding) from \(mutator)") }
      _ = tokenizer.decode(encoding.ids)
    } catch {
      if error.description.contains("\n") { Issue.record("\(error)") }
      refusals += 1
    }
  }
  return refusals
}

@Suite struct MutationTests {
  @Test func damagedGGUFVocabulariesNeverCrash() throws {
    #expect(try refusals(tinyGGUF(), name: "v.gguf", count: 20_000, seed: 1) > 8_000)
    #expect(try refusals(tinyByteLevelGGUF(), name: "v.gguf", count: 20_000, seed: 2) > 8_000)
  }

  @Test func damagedModelsNeverCrash() throws {
    #expect(try refusals(tinyModel(), name: "tokenizer.model", count: 20_000, seed: 3) > 5_000)
  }

  @Test func damagedJSONNeverCrashes() throws {
    let json = """
      {"added_tokens":[{"id":0,"content":"<s>","special":true}],
      "normalizer":{"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"▁"},
      {"type":"Replace","pattern":{"String":" "},"content":"▁"}]},"pre_tokenizer":null,
      "decoder":{"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"▁"},
      "content":" "},{"type":"ByteFallback"},{"type":"Fuse"},
      {"type":"Strip","content":" ","start":1,"stop":0}]},
      "model":{"type":"BPE","byte_fallback":true,"unk_token":"<s>","fuse_unk":true,
      "vocab":{"<s>":0,"<0x21>":1,"▁":2,"a":3,"▁a":4},"merges":[["▁","a"]]}}
      """
    #expect(try refusals(Array(json.utf8), name: "t.json", count: 20_000, seed: 4) > 8_000)
  }

  /// The head alone, with tensors.
  @Test func damagedGGUFHeadsNeverCrash() throws {
    var file = GGUFBytes()
    file.add("general.alignment", .uint32(32))
    file.add("a", .array(9, 2, [.texts(["x", "y"]), .array(7, 2, [.bool(0), .bool(1)])]))
    file.add("b", .floats([1, 2, 3]))
    file.addTensor("t", sizes: [32, 2], type: 8, offset: 0)
    file.addTensor("u", sizes: [3, 5, 2], type: 1, offset: 96)
    file.data = [UInt8](repeating: 7, count: 96 + 60)
    var mutator = Mutator(seed: 5)
    var refused = 0
    for _ in 0..<Mutator.count(20_000) {
      let damaged = MappedFile(path: "/m.gguf", copying: mutator.damage(file.bytes))
      do throws(CheckpointError) {
        let file = try GGUFFile(damaged)
        for key in file.keys { _ = try file.value(key)?.array?.values() }
        for tensor in file.tensors
        where tensor.offset + tensor.byteCount > file.file.bytes.count {
          Issue.record("\(tensor)")
        }
      } catch {
        refused += 1
      }
    }
    #expect(refused > 8_000)
  }
}
