// What a server is asked: a prompt with its right answer and the others that it offers.

import GAR

/// A prompt whose answer is known.
public struct EndpointQuestion: Sendable, Equatable, Identifiable {
  /// Names the question in messages and in a file of answers; another for every question of a set.
  public var id: String
  /// Up to where the answer follows, after one space.
  public var prompt: String
  public var answer: String
  /// The answer that the metric sets against the right one.
  public var foil: String
  /// The answers offered, the right one among them.
  public var candidates: [String]
  /// How many of the prompt's last bytes are the answer's article ("the" of "the girl"), or 0.
  public var articleLength: Int

  public init(
    id: String, prompt: String, answer: String, foil: String, candidates: [String],
    articleLength: Int = 0
  ) {
    self.id = id
    self.prompt = prompt
    self.answer = answer
    self.foil = foil
    self.candidates = candidates
    self.articleLength = articleLength
  }

  public init(_ item: Item) {
    self.init(
      id: item.id, prompt: item.prompt, answer: item.answer, foil: item.foil,
      candidates: item.candidates, articleLength: item.article?.count ?? 0)
  }

  public init(_ part: SubQuestion) {
    self.init(
      id: part.id, prompt: part.prompt, answer: part.answer, foil: part.foil,
      candidates: part.candidates, articleLength: part.article?.count ?? 0)
  }
}
