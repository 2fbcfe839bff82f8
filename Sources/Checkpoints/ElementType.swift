// The number formats in which a checkpoint may store a tensor.

/// How a tensor's elements are stored: one by one, or in blocks of a fixed number along a row.
///
/// The quantised types are ggml's; the numbers are those of the `gguf` package's `GGML_QUANT_SIZES`.
public enum ElementType: String, Sendable, Equatable, CaseIterable {
  case f32 = "F32"
  case f16 = "F16"
  case bf16 = "BF16"
  case q40 = "Q4_0"
  case q41 = "Q4_1"
  case q50 = "Q5_0"
  case q51 = "Q5_1"
  case q80 = "Q8_0"
  case iq4NL = "IQ4_NL"
  case q2K = "Q2_K"
  case q3K = "Q3_K"
  case q4K = "Q4_K"
  case q5K = "Q5_K"
  case q6K = "Q6_K"
  case iq4XS = "IQ4_XS"

  /// The name that safetensors or GGUF gives it.
  public var name: String { rawValue }

  /// Whether elements stand in blocks with a common scale; safetensors files have none such.
  public var isQuantised: Bool { elementsPerBlock > 1 }

  /// Elements of a block; 1 where each stands by itself.
  public var elementsPerBlock: Int {
    switch self {
    case .f32, .f16, .bf16: 1
    case .q40, .q41, .q50, .q51, .q80, .iq4NL: 32
    case .q2K, .q3K, .q4K, .q5K, .q6K, .iq4XS: 256
    }
  }

  static let plain: [ElementType] = allCases.filter { !$0.isQuantised }
}
