// What the explorer shows of a results file: the set's mean in place of the item's scores.

import Engine
import Interpretability
import Results

extension ExplorerState {
  /// The file's mean by the chosen method.
  package var storedMean: StoredScores.Mean? { stored?.means[method] }

  /// The mean that the heatmap shows, if it shows one.
  package var shownMean: StoredScores.Mean? { showsSetMean ? storedMean : nil }

  /// Where what the heatmap shows comes from, where that is a file.
  package var scoreSource: String? {
    guard let stored else { return nil }
    if shownMean != nil { return stored.source }
    guard edits.isEmpty, let item, scores != nil else { return nil }
    return stored.scores(item: item, method: method) == scores ? stored.source : nil
  }

  mutating func toggleSetMean() -> [Effect] {
    showsSetMean.toggle()
    scores = nil
    heatLimit = HeatLimit()
    return askScores()
  }

  /// Shows the mean at once: it is known.
  mutating func showMean(_ mean: StoredScores.Mean) -> [Effect] {
    scores = mean.scores
    heatLimit = HeatLimit(value: mean.scores.limit, isSettled: true)
    return cancel(.scores)
  }

  /// Why there is no mean to show.
  package var meanIsMissing: String? {
    guard let stored else { return "no results file is open: gar explore --results FILE" }
    return storedMean == nil ? "\(stored.source) holds no scores by \(method.longName)" : nil
  }
}
