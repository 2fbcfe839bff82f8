// Tens of thousands of damaged files: each loads, and then encodes, or throws; none crashes.

import Checkpoints
import TestSupport
import Testing
import Tokenization

/// Damages files at random places, from a seed.
private struct Mutator {
  private var random: SeededGenerator

  init(seed: UInt64) { random = SeededGenerator(seed: seed) }

  /// One to four changes: a bit, a byte, an 8-byte number, a removed, repeated or cut stretch.
  mutating func damage(_ whole: [UInt8]) -> [UInt8] {
    var bytes = whole
    for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
      let place = Int.random(in: bytes.indices, using: &random)
      let end = min(bytes.count, place + Int.random(in: 1...16, using: &random))
      switch Int.random(in: 0..<6, using: &random) {
      case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      case 1: bytes[place] = [0, 1, 0x7F, 0x80, 0xFF].randomElement(using: &random) ?? 0
      case 2: number(in: &bytes, at: place)
      case 3: bytes.removeSubrange(place..<end)
      case 4: bytes.insert(contentsOf: bytes[place..<end], at: place)
      default: bytes.removeLast(Int.random(in: 0...min(8, bytes.count), using: &random))
      }
    }
    return bytes
  }

  /// Numbers that overflow when they are added, multiplied or made signed.
  private mutating func number(in bytes: inout [UInt8], at place: Int) {
    let values: [UInt64] = [
      .max, .max - 7, 1 << 63, 1 << 62, 1 << 61, 1 << 32, (1 << 32) - 1, 1 << 31, 1 << 20,
    ]
    let value = values.randomElement(using: &random) ?? 0
    for index in 0..<8 where place + index < bytes.count {
      bytes[place + index] = UInt8(truncatingIfNeeded: value >> UInt64(8 * index))
    }
  }
}

/// Loads that many damaged copies.
/// - Returns: how many were refused.
private func refusals(
  _ whole: [UInt8], name: String, count: Int, seed: UInt64
) throws -> Int {
  var mutator = Mutator(seed: seed)
  var refusals = 0
  for _ in 0..<count {
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
    for _ in 0..<20_000 {
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
