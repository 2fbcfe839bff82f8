// The number formats in which a checkpoint may store a tensor.

/// How a tensor's elements are stored.
public enum ElementType: Sendable, Equatable, CaseIterable {
  case f32
  case f16
  case bf16

  /// Bytes for each element.
  public var byteCount: Int {
    switch self {
    case .f32: 4
    case .f16, .bf16: 2
    }
  }

  /// The name that safetensors gives it.
  public var name: String {
    switch self {
    case .f32: "F32"
    case .f16: "F16"
    case .bf16: "BF16"
    }
  }
}
