// Products with parts of a matrix: the same bits as with a copy of the part.

import CKernels
import Testing

/// Rows of a stored matrix that make one part of it.
struct ViewCase: CustomTestStringConvertible {
  /// Of the part, and of the stored matrix.
  var rows, columns, storedRows, storedColumns: Int
  var firstRow = 0, firstColumn = 0
  /// Rows of one group, and from one group to the next.
  var group = 0, groupStep = 0
  var type = KERNEL_F32

  var testDescription: String {
    "\(rows)x\(columns) of \(storedRows)x\(storedColumns) from (\(firstRow), \(firstColumn)), "
      + "groups \(group)/\(groupStep), type \(type.rawValue)"
  }

  static let all: [ViewCase] = [
    .init(rows: 7, columns: 19, storedRows: 7, storedColumns: 19),
    .init(rows: 21, columns: 33, storedRows: 70, storedColumns: 33, firstRow: 11),
    .init(rows: 33, columns: 21, storedRows: 33, storedColumns: 63, firstColumn: 21),
    .init(
      rows: 40, columns: 17, storedRows: 120, storedColumns: 17, firstRow: 10, group: 10,
      groupStep: 30),
    .init(
      rows: 320, columns: 130, storedRows: 960, storedColumns: 130, firstRow: 64, group: 32,
      groupStep: 96),
    .init(
      rows: 24, columns: 50, storedRows: 72, storedColumns: 50, firstRow: 16, group: 8,
      groupStep: 24, type: KERNEL_F16),
    .init(
      rows: 33, columns: 20, storedRows: 33, storedColumns: 60, firstColumn: 40, type: KERNEL_BF16),
  ]

  /// The stored row of row `index`.
  func stored(_ index: Int) -> Int {
    group == 0 ? firstRow + index : firstRow + index / group * groupStep + index % group
  }
}

extension KernelTests {
  @Suite struct Views {
    @Test(arguments: ViewCase.all, [1, 3, 61])
    func partsGiveTheBitsOfTheirCopies(each: ViewCase, rows: Int) {
      var numbers = Numbers(seed: 51)
      let size = kernel_type_size(each.type), rowBytes = each.storedColumns * size
      let bytes = numbers.weights(each.storedRows * each.storedColumns, each.type)
      let stored = Guarded(bytes, gap: 1)
      let copy = (0..<each.rows).flatMap { row in
        let start = each.stored(row) * rowBytes + each.firstColumn * size
        return bytes[start..<start + each.columns * size]
      }
      let x = numbers.floats(rows * each.columns), dy = numbers.floats(rows * each.rows)
      let before = kernel_threads()
      defer { kernel_threads_set(before) }
      for threads in [1, 3] {
        kernel_threads_set(threads)
        copy.withUnsafeBytes { part in
          let matrix = kernel_matrix(
            data: part.baseAddress, type: each.type, rows: each.rows, columns: each.columns)
          var view = kernel_view()
          view.data = UnsafeRawPointer(
            stored.pointer + each.stored(0) * rowBytes + each.firstColumn * size)
          (view.type, view.rows, view.columns) = (each.type, each.rows, each.columns)
          view.row_bytes = rowBytes
          (view.group_rows, view.group_bytes) = (each.group, each.groupStep * rowBytes)
          for accumulate in [false, true] {
            var y = [Float](repeating: 0.5, count: rows * each.rows), viewY = y
            var dx = [Float](repeating: 0.5, count: rows * each.columns), viewDX = dx
            var transposedY = dx, transposedDX = y
            kernel_matmul(&y, each.rows, x, each.columns, rows, matrix, accumulate)
            kernel_matmul_backward(&dx, each.columns, dy, each.rows, rows, matrix, accumulate)
            kernel_view_matmul(&viewY, each.rows, x, each.columns, rows, view, accumulate)
            kernel_view_matmul_backward(
              &viewDX, each.columns, dy, each.rows, rows, view, accumulate)
            expectSameBits(viewY, y, "y")
            expectSameBits(viewDX, dx, "dx")
            // Read as [inputs, outputs], forward and backward change places.
            view.transposed = true
            kernel_view_matmul(
              &transposedY, each.columns, dy, each.rows, rows, view, accumulate)
            kernel_view_matmul_backward(
              &transposedDX, each.rows, x, each.columns, rows, view, accumulate)
            view.transposed = false
            expectSameBits(transposedY, dx, "transposed y")
            expectSameBits(transposedDX, y, "transposed dx")
          }
        }
      }
    }
  }
}
