// The paper's head feature: how strongly a head attends to anything but BOS within a statement.

import Engine

/// f = max over the statement's positions t of (max_{s ≠ BOS} A[t,s] − A[t,BOS]), in [−1, 1].
///
/// - Parameters:
///   - pattern: one layer's attention, `[H, T, S]`; BOS at key position 0.
///   - head: the head within the layer.
///   - statement: query positions of the statement; at least one.
/// - Returns: `nil` for an empty statement.
///
/// Source: Ni et al. 2025 (arXiv:2412.12841), section on True and False heads.
public func headFeature(_ pattern: Tensor, head: Int, statement: Range<Int>) -> Float? {
  let keyCount = pattern.shape[2]
  let cells = pattern.row(head)
  return statement.map { position in
    let row = cells[position * keyCount..<(position + 1) * keyCount]
    let best = row.dropFirst().max() ?? 0
    return best - (row.first ?? 0)
  }.max()
}
