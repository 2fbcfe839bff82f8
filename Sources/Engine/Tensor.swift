// A block of floats with a shape: what passes record and return.

import CKernels

/// Floats in C order with a shape. A tensor is written once, by the pass that makes it, and is
/// read-only from then on; copies share the memory.
public struct Tensor: Sendable {
  public let shape: [Int]
  private let storage: Storage

  /// A tensor of zeros.
  public init(zeros shape: [Int]) {
    self.init(uninitialized: shape)
    pointer.update(repeating: 0, count: count)
  }

  /// - Precondition: `values` holds as many numbers as the shape says.
  public init(_ values: [Float], shape: [Int]) {
    self.init(uninitialized: shape)
    precondition(values.count == count, "Tensor: \(values.count) values for shape \(shape)")
    values.withUnsafeBufferPointer { source in
      if let base = source.baseAddress { pointer.update(from: base, count: count) }
    }
  }

  /// Memory that the caller fills before anyone reads it.
  package init(uninitialized shape: [Int]) {
    precondition(shape.allSatisfy { $0 >= 0 }, "Tensor: negative size in \(shape)")
    self.shape = shape
    storage = Storage(count: shape.reduce(1, *))
  }

  init(sharing other: Tensor, shape: [Int]) {
    self.shape = shape
    storage = other.storage
  }

  /// The number of elements.
  public var count: Int { storage.count }

  /// Elements in one row of the first dimension.
  public var rowWidth: Int { shape.dropFirst().reduce(1, *) }

  /// The elements as an array.
  public var values: [Float] { Array(UnsafeBufferPointer(start: pointer, count: count)) }

  /// The elements of row `index` of the first dimension.
  public func row(_ index: Int) -> UnsafeBufferPointer<Float> {
    precondition(index >= 0 && index < (shape.first ?? 0), "Tensor: row \(index) of \(shape)")
    return UnsafeBufferPointer(start: pointer + index * rowWidth, count: rowWidth)
  }

  public subscript(_ indices: Int...) -> Float {
    precondition(indices.count == shape.count, "Tensor: index \(indices) into \(shape)")
    var offset = 0
    for (index, size) in zip(indices, shape) {
      precondition(index >= 0 && index < size, "Tensor: index \(indices) into \(shape)")
      offset = offset * size + index
    }
    return pointer[offset]
  }

  /// The first element. Valid while this tensor or a copy lives.
  package var pointer: UnsafeMutablePointer<Float> { storage.pointer }

  /// The first element of row `index`, without a check.
  package func rowPointer(_ index: Int) -> UnsafeMutablePointer<Float> {
    storage.pointer + index * rowWidth
  }

  /// Sendable because it is written only before it is shared.
  private final class Storage: @unchecked Sendable {
    let pointer: UnsafeMutablePointer<Float>
    let count: Int

    init(count: Int) {
      self.count = count
      pointer = UnsafeMutableRawPointer.allocate(
        byteCount: max(1, count) * MemoryLayout<Float>.stride, alignment: 64
      ).bindMemory(to: Float.self, capacity: max(1, count))
    }

    deinit { UnsafeMutableRawPointer(pointer).deallocate() }
  }
}
