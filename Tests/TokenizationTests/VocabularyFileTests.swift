// Encodings that llama.cpp keeps with its vocabulary files, where those files are at hand.

import Foundation
import TestSupport
import Testing
import Tokenization

/// A vocabulary under `../shared/tokenizers`, or `nil` where it is absent.
func sharedVocabulary(_ name: String) -> String? {
  sharedFile("tokenizers/ggml-vocab-\(name).gguf")
}

private let names = ["llama-spm", "llama-bpe", "gpt-2", "qwen2"]
private let arePresent = names.allSatisfy { sharedVocabulary($0) != nil }

@Suite(.enabled(if: arePresent, "../shared/tokenizers is absent"))
struct VocabularyFileTests {
  /// As in llama.cpp's own test, BOS is not added and special tokens are text.
  @Test(arguments: names)
  func idsEqualThoseKeptWithTheVocabulary(name: String) throws {
    let path = try #require(sharedVocabulary(name))
    let tokenizer = try Tokenizer.load(path: path)
    let input = try String(contentsOfFile: path + ".inp", encoding: .utf8)
    let output = try String(contentsOfFile: path + ".out", encoding: .utf8)
    let texts = input.components(separatedBy: "\n__ggml_vocab_test__\n")
    let answers = output.components(separatedBy: "\n").dropLast()
    #expect(answers.count == 46 && texts.count == 47 && texts.last == "")
    for (text, answer) in zip(texts, answers) {
      let encoding = tokenizer.encode(text, addBOS: false)
      let expected = answer.split(separator: " ").map { Int32($0) }
      #expect(encoding.ids == expected, "\(text.debugDescription)")
      #expect(sameScalars(tokenizer.decode(encoding.ids), text))
    }
  }

  @Test(arguments: [("llama-spm", 32000, 1, 2), ("llama-bpe", 128256, 128000, 128001)])
  func specialTokensAreThoseOfTheMetadata(name: String, size: Int, bos: Int32, eos: Int32) throws {
    let tokenizer = try Tokenizer.load(path: try #require(sharedVocabulary(name)))
    #expect(tokenizer.vocabularySize == size)
    #expect(tokenizer.bosTokenID == bos && tokenizer.eosTokenID == eos)
    #expect(tokenizer.isSpecial(bos) && tokenizer.isSpecial(eos))
    #expect(tokenizer.encode("dog").ids.first == bos)
  }
}
