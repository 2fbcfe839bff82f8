// The linear probe that the network is compared with.

import Foundation

/// score = w · x + b; the probability of true is 1 / (1 + e^−score).
public struct LogisticRegression: Sendable, Equatable {
  public var weights: [Double]
  public var bias: Double

  public init(weights: [Double], bias: Double) {
    self.weights = weights
    self.bias = bias
  }

  /// The log odds of true for every row, `[N]`.
  public func scores(_ rows: ProbeRows) -> [Double] {
    precondition(rows.width == weights.count, "LogisticRegression: rows of \(rows.width)")
    return (0..<rows.count).map { row in
      weights.indices.reduce(bias) { $0 + weights[$1] * rows.values[row * rows.width + $1] }
    }
  }

  /// The optimum of
  ///
  ///     ½ ‖w‖² + C · Σ log(1 + e^(−y · score)),   y = ±1; b is not penalized
  ///
  /// by Newton's method with halved steps, until a step gains 1e-12 of the value; its last step then
  /// leaves rounding alone.
  ///
  /// - Parameters:
  ///   - rows: at least one.
  ///   - c: C; 1 as in scikit-learn's `LogisticRegression`.
  /// - Returns: the weights and the bias there.
  /// - Complexity: k² for each row and step; some ten steps.
  public static func fitted(
    _ rows: ProbeRows, inverseRegularization c: Double = 1
  ) -> LogisticRegression {
    let problem = LogisticProblem(rows: rows, c: c)
    var point = [Double](repeating: 0, count: rows.width + 1)
    var value = problem.value(point)
    for _ in 0..<100 {
      let (gradient, hessian) = problem.derivatives(point)
      guard let direction = solved(hessian, gradient) else { break }
      // Twice what the step will gain, as the matrix of second derivatives sees it.
      let decrement = zip(gradient, direction).reduce(0) { $0 + $1.0 * $1.1 }
      guard decrement > 1e-12 * value else {
        point = zip(point, direction).map { $0 - $1 }
        break
      }
      var size = 1.0
      var next: [Double]
      repeat {
        next = zip(point, direction).map { $0 - size * $1 }
        size /= 2
      } while problem.value(next) > value && size > 1e-10
      (point, value) = (next, problem.value(next))
    }
    return LogisticRegression(weights: Array(point.dropLast()), bias: point.last ?? 0)
  }
}

/// The objective and its derivatives at (w, b).
private struct LogisticProblem {
  let rows: ProbeRows
  let c: Double

  /// x of a row with 1 for the bias.
  private func inputs(_ row: Int) -> [Double] {
    Array(rows.values[row * rows.width..<(row + 1) * rows.width]) + [1]
  }

  private func score(_ row: Int, _ point: [Double]) -> Double {
    var sum = point[rows.width]
    for index in 0..<rows.width { sum += point[index] * rows.values[row * rows.width + index] }
    return sum
  }

  func value(_ point: [Double]) -> Double {
    let penalty = point.dropLast().reduce(0) { $0 + $1 * $1 } / 2
    return (0..<rows.count).reduce(penalty) { sum, row in
      let margin = (rows.labels[row] ? 1 : -1) * score(row, point)
      return sum + c * (margin > 0 ? log1p(exp(-margin)) : log1p(exp(margin)) - margin)
    }
  }

  /// The gradient, `[k + 1]`, and the matrix of second derivatives, `[k + 1][k + 1]`.
  func derivatives(_ point: [Double]) -> (gradient: [Double], hessian: [[Double]]) {
    let size = point.count
    var gradient = point
    gradient[size - 1] = 0
    var hessian = (0..<size).map { row in
      (0..<size).map { row == $0 && row < size - 1 ? 1.0 : 0.0 }
    }
    for row in 0..<rows.count {
      let x = inputs(row)
      let probability = 1 / (1 + exp(-score(row, point)))
      let error = c * (probability - (rows.labels[row] ? 1 : 0))
      let curvature = c * probability * (1 - probability)
      for i in 0..<size {
        gradient[i] += error * x[i]
        for j in 0...i { hessian[i][j] += curvature * x[i] * x[j] }
      }
    }
    for i in 0..<size { for j in 0..<i { hessian[j][i] = hessian[i][j] } }
    return (gradient, hessian)
  }
}

/// x of A · x = b for a symmetric positive definite A, by Cholesky's factors; `nil` where A is not.
private func solved(_ matrix: [[Double]], _ right: [Double]) -> [Double]? {
  let size = right.count
  var factor = matrix
  for i in 0..<size {
    for j in 0...i {
      let sum = (0..<j).reduce(matrix[i][j]) { $0 - factor[i][$1] * factor[j][$1] }
      if i == j {
        guard sum > 0 else { return nil }
        factor[i][i] = sum.squareRoot()
      } else {
        factor[i][j] = sum / factor[j][j]
      }
    }
  }
  var x = right
  for i in 0..<size {
    x[i] = ((0..<i).reduce(x[i]) { $0 - factor[i][$1] * x[$1] }) / factor[i][i]
  }
  for i in (0..<size).reversed() {
    x[i] = ((i + 1..<size).reduce(x[i]) { $0 - factor[$1][i] * x[$1] }) / factor[i][i]
  }
  return x
}
