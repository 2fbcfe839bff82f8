// The items on which True and False heads are looked for.

extension GenerationSettings {
  /// Yes/No pairs of one context without demonstration, of 2 to 4 pairs of entities.
  ///
  /// - Parameters:
  ///   - pairCount: how many pairs; twice as many items.
  ///   - seed: the same seed gives the same items.
  /// - Returns: settings for an `ItemGenerator`.
  public static func statementPairs(_ pairCount: Int, seed: UInt64 = 1) -> GenerationSettings {
    var settings = GenerationSettings()
    settings.count = 2 * pairCount
    settings.seed = seed
    settings.pairs = [2, 3, 3, 3, 4]
    settings.shots = 0
    settings.hasPreamble = false
    settings.forms = [.classification]
    return settings
  }
}
