// The built-in tokenizer on one prompt; the reference samples cover the rest.

import TestSupport
import Testing
import Tokenization

/// The ids are those of `tokenizers` 0.23.3 for the same text.
@Test func builtInTokenizerReadsAPrompt() throws {
  let tokenizer = try Tokenizer.load(path: packageRoot + "/Assets/model")
  let prompt = "< Mary has a dog. John has an apple. >. So Mary owns a kind of"
  let encoding = tokenizer.encode(prompt)
  #expect(
    encoding.ids == [
      0, 30, 592, 318, 301, 1617, 16, 542, 318, 1276, 1616, 16, 286, 380, 592, 382, 301, 433, 324,
    ])
  #expect(encoding.ranges[0] == 0..<0 && encoding.ranges[2] == 1..<6)
  #expect(tokenizer.decode(encoding.ids, skipSpecial: true) == prompt)
  #expect(tokenizer.vocabularySize == 2048)
  #expect(tokenizer.bosTokenID == 0 && tokenizer.eosTokenID == 1)
}
