// Reading `config.json` for all families: sizes, activations, layers with a window; and the checks
// that later arithmetic relies on.

import Checkpoints

extension ConfigurationFile {
  /// A size that is at least 1 and small enough to multiply with others.
  func size(_ key: String, default value: Int? = nil) throws -> Int {
    let size = try value.map { try int(key, default: $0) } ?? int(key)
    guard size > 0, size <= 1 << 30 else {
      throw wrong(key, "\(size); it must be between 1 and 2^30")
    }
    return size
  }

  /// As `size`; more layers than any model has would take memory before the first tensor is missed.
  func layerCount(_ key: String, default value: Int? = nil) throws -> Int {
    let count = try size(key, default: value)
    guard count <= 1 << 16 else { throw wrong(key, "\(count); at most 65536 are supported") }
    return count
  }

  /// A finite number above 0.
  func positive(_ key: String, default value: Double? = nil) throws -> Double {
    let number = try value.map { try double(key, default: $0) } ?? double(key)
    guard number > 0, number.isFinite else { throw wrong(key, "\(number); it must be positive") }
    return number
  }

  /// A number above 0; `null` counts as none, and `value` stands for an absent key.
  func optionalPositive(_ key: String, default value: Double?) throws -> Double? {
    if contains(key) { return try positive(key) }
    return keys.contains(key) ? nil : value
  }

  func activation(_ key: String, default value: String) throws -> ModelConfiguration.Activation {
    let name = try string(key, default: value)
    switch name {
    case "silu", "swish": return .silu
    case "gelu", "gelu_python": return .gelu
    case "gelu_new", "gelu_pytorch_tanh", "gelu_python_tanh": return .geluTanh
    case "relu": return .relu
    default:
      throw EngineError.unsupported(
        what: "\(fullKey(key)) '\(name)'", file: path,
        remedy: "known are silu, gelu, gelu_new, gelu_pytorch_tanh and relu")
    }
  }

  /// The number of positions that a query position sees in layers with a window; 0 for all.
  /// `value` stands for an absent key, while `null` says that there is no window.
  func window(_ key: String = "sliding_window", default value: Int?) throws -> Int {
    if contains(key) { return try size(key) }
    return keys.contains(key) ? 0 : value ?? 0
  }

  /// Which layers have the window, from `layer_types` where the file has them.
  func windowedLayers(count: Int, default isWindowed: (Int) -> Bool) throws -> [Bool] {
    guard contains("layer_types") else { return (0..<count).map(isWindowed) }
    let types = try strings("layer_types")
    guard types.count == count else {
      throw wrong("layer_types", "a list of \(types.count) for \(count) layers")
    }
    return try types.map { type in
      switch type {
      case "sliding_attention": true
      case "full_attention": false
      default: throw unsupported("layer_types", "'\(type)'")
      }
    }
  }

  /// Refuses a switch that is on where the engine has only its other position.
  func refuse(_ keys: String...) throws {
    for key in keys where try bool(key, default: false) { throw unsupported(key, "true") }
  }

  func unsupported(_ key: String, _ value: String) -> EngineError {
    .unsupported(
      what: "\(fullKey(key)) \(value)", file: path, remedy: "use a checkpoint without it")
  }

  func wrong(_ key: String, _ what: String) -> EngineError {
    .badConfiguration("\(fullKey(key)) is \(what)", file: path)
  }
}

extension ModelConfiguration {
  /// Checks what the families' readings leave open.
  /// - Throws: `EngineError.badConfiguration`.
  func checked(_ file: ConfigurationFile) throws -> ModelConfiguration {
    guard headCount % attention.kvHeadCount == 0 else {
      throw EngineError.badConfiguration(
        "num_attention_heads \(headCount) is not a multiple of num_key_value_heads "
          + "\(attention.kvHeadCount)", file: file.path)
    }
    for rope in [rope, windowRoPE] {
      guard let width = rope?.width else { continue }
      guard width % 2 == 0, width > 0, width <= dHead else {
        throw EngineError.badConfiguration(
          "\(width) elements of a head of head_dim \(dHead) would be rotated; rotary positions need "
            + "an even number, at least 2 and at most head_dim", file: file.path)
      }
    }
    return self
  }
}
