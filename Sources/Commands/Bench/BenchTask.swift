// The pieces of work that `gar bench` times, in this program and in others.

/// One piece of work on a model.
///
/// To add one: a case here, its work in `BenchSubject.run`, and an operation of the same name in
/// `Benchmarks/peers.py`.
enum BenchTask: Hashable {
  /// A forward pass over so many tokens, logits at END.
  case prompt(Int)
  /// One more token after the item's prompt.
  case decode
  /// Attribution patching of every head.
  case attribution
  /// The same of prompts that differ from their second token on, so that nothing is shared.
  case attributionFromStart
  /// Exact patching: every head of some layers, and so many times as long as that for all.
  case patching
  /// One head of the middle layer set to zero at END.
  case toggleAtEND
  /// The same at every position, any layer.
  case toggle

  /// For `--json`.
  var key: String {
    switch self {
    case .prompt(let count): "prompt\(count)"
    case .decode: "decode"
    case .attribution: "attributionPatching"
    case .attributionFromStart: "attributionPatchingFromStart"
    case .patching: "activationPatching"
    case .toggleAtEND: "headToggleAtEND"
    case .toggle: "headToggle"
    }
  }

  var title: String {
    switch self {
    case .prompt(let count): "prompt of \(count) tokens"
    case .decode: "one more token"
    case .attribution: "attribution patching, all heads"
    case .attributionFromStart: "the same, prompts that differ throughout"
    case .patching: "exact patching, all heads"
    case .toggleAtEND: "toggle one head of the middle layer at END"
    case .toggle: "toggle one head everywhere"
    }
  }

  /// Tokens that a run passes through the model, where that is what counts.
  var tokenCount: Int? {
    switch self {
    case .prompt(let count): count
    case .decode: 1
    default: nil
    }
  }

  var isAttribution: Bool { self == .attribution || self == .attributionFromStart }

  /// What another program does in its stead: a toggle is a whole pass where nothing is kept.
  func elsewhere(itemLength: Int) -> BenchTask {
    switch self {
    case .toggleAtEND, .toggle: .prompt(itemLength)
    default: self
    }
  }
}

/// Groups of tasks, as `--only` names them.
enum BenchPart: String, CaseIterable {
  case products, load, prompt, decode, attribution, patching, toggle
}
