// One head's part of the weights: the rows of W_Q, W_K and W_V, and the columns of W_O, read where they
// lie.

import CKernels

/// A part of a matrix, with what keeps its memory alive.
struct MatrixPart {
  let view: kernel_view
  /// Floats made for this part, where the stored type cannot be cut.
  let owned: Tensor?
}

extension WeightMatrix {
  /// The outputs in `range`: rows of W, `[range.count, inputs]`.
  func outputs(_ range: Range<Int>) -> MatrixPart {
    precondition(range.upperBound <= outputs, "\(name): outputs \(range) of \(outputs)")
    var part = view
    if view.transposed {
      part.data = view.data + range.lowerBound * elementBytes
      part.columns = range.count
    } else {
      part.rows = range.count
      if view.group_rows > 0 {
        let group = range.lowerBound / view.group_rows
        precondition(
          range.upperBound <= (group + 1) * view.group_rows, "\(name): \(range) in two groups")
        part.data =
          view.data + group * view.group_bytes + range.lowerBound % view.group_rows * view.row_bytes
        (part.group_rows, part.group_bytes) = (0, 0)
      } else {
        part.data = view.data + range.lowerBound * view.row_bytes
      }
    }
    return MatrixPart(view: part, owned: nil)
  }

  /// The inputs in `range`: columns of W, `[outputs, range.count]`. Quantised blocks cannot be cut;
  /// `floats`, the whole matrix as floats, serves then.
  func inputs(_ range: Range<Int>, floats: Tensor?) -> MatrixPart {
    precondition(range.upperBound <= inputs, "\(name): inputs \(range) of \(inputs)")
    var part = view
    if view.transposed {
      part.data = view.data + range.lowerBound * view.row_bytes
      part.rows = range.count
    } else if let floats {
      part = floats.view
      part.data = part.data + range.lowerBound * MemoryLayout<Float>.stride
      part.columns = range.count
    } else {
      part.data = view.data + range.lowerBound * elementBytes
      part.columns = range.count
    }
    return MatrixPart(view: part, owned: floats)
  }

  /// The whole matrix as floats, `[outputs, inputs]`, where its type cannot be cut by columns.
  var floatsIfUncuttable: Tensor? {
    guard tensor.type.isQuantised else { return nil }
    let result = Tensor(uninitialized: [outputs, inputs])
    for row in 0..<outputs { copyRow(row, to: result.rowPointer(row)) }
    return result
  }

  private var elementBytes: Int {
    view.type == KERNEL_F32 ? 4 : 2
  }
}

extension Tensor {
  /// The tensor as a stored matrix: one row for each element of the first dimension.
  var view: kernel_view {
    var view = kernel_view()
    view.data = UnsafeRawPointer(pointer)
    view.type = KERNEL_F32
    (view.rows, view.columns) = (shape[0], rowWidth)
    view.row_bytes = rowWidth * MemoryLayout<Float>.stride
    return view
  }

  /// Each row of `self` times each row of `other`: Σ a · b, `[N, M]` of N and M rows of one width.
  public func innerProducts(with other: Tensor) -> Tensor {
    precondition(rowWidth == other.rowWidth, "innerProducts: \(shape) and \(other.shape)")
    let result = Tensor(uninitialized: [shape[0], other.shape[0]])
    kernel_view_matmul(
      result.pointer, other.shape[0], pointer, rowWidth, shape[0], other.view, false)
    return result
  }
}
